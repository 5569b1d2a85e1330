/** Gives `npm run policy` its files and its terminal. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { policyCommand } from '../policies/policy.command.js';
import { printable } from './terminal.js';

export function policy(args: readonly string[]): Promise<number> {
  return policyCommand(args, {
    read: (file) => readFile(file, 'utf8'),
    casesUnder,
    // Names and values of a document must not be able to write to the terminal.
    stdout: (line) => console.log(printable(line)),
    stderr: (line) => console.error(line.split('\n').map(printable).join('\n')),
  });
}

async function casesUnder(path: string): Promise<readonly string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const names = await readdir(path, { recursive: true });
  return names.filter((name) => name.endsWith('cases.json')).sort().map((name) => join(path, name)); // prettier-ignore
}

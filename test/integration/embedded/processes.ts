/** Processes that these suites start, kill and wait for. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { endsWithin } from '../../../src/embedded/processes.js';

const deadlineMs = 20_000;

export interface Parent {
  readonly child: ChildProcess;
  /** What it printed when its part of the stack was ready. */
  readonly started: { pid: number; url: string; brokers: string[] };
}

/** Starts `parent.cjs`; rejects with what it said when it ended before its part was ready. */
export async function startParent(...args: string[]): Promise<Parent> {
  const child = spawn(process.execPath, [join(__dirname, 'parent.cjs'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (text: Buffer) => (said += text.toString()));
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', (line) => {
      resolve({ child, started: JSON.parse(line) as Parent['started'] });
    });
    child.once('close', () => reject(new Error(said)));
  });
}

export async function killHard({ child }: Parent): Promise<void> {
  child.kill('SIGKILL');
  await expectEnd(child.pid);
}

export async function expectEnd(pid: number | undefined): Promise<void> {
  if (pid === undefined) throw new Error('the process was never started');
  if (!(await endsWithin(pid, deadlineMs))) throw new Error(`process ${pid} still runs`);
}

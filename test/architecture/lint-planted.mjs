/**
 * Lints the sources given on stdin with the project's own configuration: `[{ path, code }]` → `[[rule, …], …]` on stdout.
 * A process of its own, since ESLint loads its configuration by `import()`, which Jest does not have.
 */
import { join } from 'node:path';
import { ESLint } from 'eslint';

const root = join(import.meta.dirname, '..', '..');
const eslint = new ESLint({ cwd: root });

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const sources = JSON.parse(Buffer.concat(chunks).toString('utf8'));

const found = [];
for (const { path, code } of sources) {
  const [result] = await eslint.lintText(code, { filePath: join(root, path) });
  // A message without a rule says that the source could not be parsed.
  found.push(result.messages.map(({ ruleId, message }) => ruleId ?? message));
}
process.stdout.write(JSON.stringify(found));

/** The two judgements on what is installed, on what npm and packages may say. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const SCRIPTS = resolve(__dirname);

/** Scripts are ES modules that Jest does not load: they are asked in a process of their own. */
function asked(script: string, call: string): unknown {
  const code = `import(${JSON.stringify(pathToFileURL(join(SCRIPTS, script)).href)}).then((m) => console.log(JSON.stringify(m.${call})))`;
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', code], { encoding: 'utf8', timeout: 30_000 });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout);
}

describe('a licence', () => {
  it('is judged by its SPDX expression', () => {
    const expressions = {
      MIT: true,
      'Apache-2.0 AND MIT': true,
      '(MIT OR GPL-3.0-only)': true,
      'MIT AND (GPL-3.0-only OR ISC)': true,
      'MIT OR GPL-3.0-only AND AGPL-3.0-only': true,
      '(MIT OR ISC) AND GPL-3.0-only': false,
      'GPL-3.0-only': false,
      'SEE LICENSE IN LICENSE.md': null,
      'MIT AND': null,
      '': null,
    };
    const judged = asked('licences.mjs', `isAllowed && ${JSON.stringify(Object.keys(expressions))}.map(m.isAllowed)`);
    expect(judged).toEqual(Object.values(expressions));
  });

  it('is missed where a package tells none, and an exception holds for development only', () => {
    const root = mkdtempSync(join(tmpdir(), 'quaestor-licences-'));
    try {
      const packages = {
        'node_modules/good': [{ name: 'good', license: 'MIT' }, {}],
        'node_modules/old': [{ name: 'old', licenses: [{ type: 'MIT' }, { type: 'GPL-2.0' }] }, {}],
        'node_modules/silent': [{ name: 'silent' }, {}],
        'node_modules/caniuse-lite': [{ name: 'caniuse-lite', license: 'CC-BY-4.0' }, { dev: true }],
        'node_modules/served/node_modules/caniuse-lite': [{ name: 'caniuse-lite', license: 'CC-BY-4.0' }, {}],
      } as const;
      for (const [path, [manifest]] of Object.entries(packages)) {
        mkdirSync(join(root, path), { recursive: true });
        writeFileSync(join(root, path, 'package.json'), JSON.stringify({ version: '1.0.0', ...manifest }));
      }
      const lock = Object.fromEntries(Object.entries(packages).map(([path, [, entry]]) => [path, entry]));
      writeFileSync(join(root, 'node_modules/.package-lock.json'), JSON.stringify({ packages: lock }));
      expect(asked('licences.mjs', `findProblems(${JSON.stringify(root)})`)).toEqual([
        'silent@1.0.0: tells no licence',
        'caniuse-lite@1.0.0: CC-BY-4.0',
      ]);
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });
});

describe('an audit', () => {
  const judged = (report: unknown) =>
    asked('audit.mjs', `judge(${JSON.stringify(typeof report === 'string' ? report : JSON.stringify(report))})`);

  it.each([
    ['clean', { vulnerabilities: {} }, []],
    ['vulnerable', { vulnerabilities: { a: { name: 'a', severity: 'high', range: '<2' } } }, ['high: a <2']],
    ['clean', { vulnerabilities: { a: { name: 'a', severity: 'low' } } }, ['note: low: a']],
    ['unknown', { message: '405 Method Not Allowed\nmore' }, ['note: not audited: 405 Method Not Allowed']],
    ['unknown', { error: { code: 'ENOTFOUND', summary: 'no network' } }, ['note: not audited: no network']],
    ['unknown', 'no JSON', ['note: not audited: npm audit gave no answer']],
  ])('is %s by %j', (outcome, report, lines) => {
    expect(judged(report)).toEqual({ outcome, lines });
  });
});

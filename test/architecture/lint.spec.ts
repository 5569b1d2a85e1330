/** Proves that the lint rules the design leans on bite where they should, and only there. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** Linted in the place of an existing file, since rules with type information need a file of the project. */
const PRODUCT = 'src/kernel/clock.ts';
const DATABASE = 'src/platform/database/migrate.ts';
const CONFIG = 'src/platform/config/load-config.ts';
const CLI = 'src/cli.ts';
const SPEC = 'test/architecture/lint.spec.ts';

const QUERY = 'export const f = (db: { query(text: string): unknown }) => db.query';
const LONG_BODY = 'void 0;\n'.repeat(60);

const cases: readonly (readonly [string, string, string, readonly string[]])[] = [
  ['a floating promise', PRODUCT, 'Promise.resolve(1);', ['@typescript-eslint/no-floating-promises']],
  [
    'a promise where nobody awaits it',
    PRODUCT,
    'export const f = (g: (h: () => void) => void) => { g(async () => Promise.resolve()); };',
    ['@typescript-eslint/no-misused-promises'],
  ],
  ['any', PRODUCT, 'export let x: any;', ['@typescript-eslint/no-explicit-any']],
  [
    'a non-null assertion',
    PRODUCT,
    'export const f = (x: string | null) => x!.length;',
    ['@typescript-eslint/no-non-null-assertion'],
  ],
  ['as unknown as', PRODUCT, 'export const f = (x: string) => x as unknown as number;', ['no-restricted-syntax']],
  [
    'a value import of a type',
    PRODUCT,
    "import { Principal } from './principal.js';\nexport const f = (x: Principal) => x.userId;",
    ['@typescript-eslint/consistent-type-imports'],
  ],
  [
    'a switch that forgets a case',
    PRODUCT,
    "export const f = (x: 'a' | 'b') => { switch (x) { case 'a': return 1; } return 2; };",
    ['@typescript-eslint/switch-exhaustiveness-check'],
  ],
  ['==', PRODUCT, 'export const f = (x: number) => x == 1;', ['eqeqeq']],
  ['throwing a string', PRODUCT, "export const f = () => { throw 'x'; };", ['@typescript-eslint/only-throw-error']],
  ['a RegExp from a variable', PRODUCT, 'export const f = (x: string) => new RegExp(x);', ['no-restricted-syntax']],
  ['a RegExp from a template', PRODUCT, 'export const f = (x: string) => RegExp(`^${x}$`);', ['no-restricted-syntax']],
  ['a RegExp from a literal', PRODUCT, "export const pattern = new RegExp('^a', 'u');", []],
  ['forwardRef', PRODUCT, 'declare const forwardRef: (f: unknown) => void;\nforwardRef(1);', ['no-restricted-syntax']],
  ['SQL in a string', PRODUCT, `${QUERY}('select 1');`, ['no-restricted-syntax']],
  ['SQL in a template', PRODUCT, `${QUERY}(\`\n  INSERT INTO x VALUES (\${Date.now()})\`);`, ['no-restricted-syntax']],
  ['SQL where it belongs', DATABASE, `${QUERY}('SELECT 1');`, []],
  [
    'a RegExp from a variable, also there',
    DATABASE,
    'export const f = (x: string) => new RegExp(x);',
    ['no-restricted-syntax'],
  ],
  ['process.env', PRODUCT, 'export const home = process.env.HOME;', ['no-restricted-properties']],
  ['process.env in the configuration', CONFIG, 'export const home = process.env.HOME;', []],
  ['console', PRODUCT, "console.log('x');", ['no-console']],
  ['console in a command', CLI, "console.log('x');", []],
  ['a function of 62 lines', PRODUCT, `export function f(): void {\n${LONG_BODY}}\n`, ['max-lines-per-function']],
  ['the same in a test', SPEC, `export function f(): void {\n${LONG_BODY}}\n`, []],
  ['a file of 301 lines', PRODUCT, 'void 0;\n'.repeat(301), ['max-lines']],
  ['a floating promise in a test', SPEC, 'Promise.resolve(1);', ['@typescript-eslint/no-floating-promises']],
  ['a suppression of nothing', PRODUCT, '/* eslint-disable-next-line eqeqeq */\nexport const x = 1;', ['Unused']],
];

describe('lint', () => {
  let found: string[][] = [];

  beforeAll(() => {
    const child = spawnSync(process.execPath, [join(__dirname, 'lint-planted.mjs')], {
      input: JSON.stringify(cases.map(([, path, code]) => ({ path, code }))),
      encoding: 'utf8',
      timeout: 240_000,
    });
    if (child.status !== 0) throw new Error(`eslint ended with ${String(child.status)}: ${child.stderr}`);
    found = JSON.parse(child.stdout) as string[][];
  }, 250_000);

  it.each(cases.map(([title, path, , expected], index) => ({ title, path, expected, index })))(
    '$title in $path',
    ({ expected, index }) => {
      expect(found[index]?.map((rule) => rule.replace(/^(Unused) .*$/, '$1'))).toEqual(expected);
    },
  );
});

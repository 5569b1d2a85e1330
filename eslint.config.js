/** Lint rules. What needs the whole tree (layers, cycles, caps per file) is kept by test/architecture instead. */
import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

const SQL_START = String.raw`/^\s*(SELECT|INSERT|UPDATE|DELETE|MERGE|WITH|CREATE|ALTER|DROP|TRUNCATE|COPY|LOCK|SET|RESET|LISTEN|NOTIFY|VACUUM|ANALYZE|BEGIN|COMMIT|ROLLBACK|SAVEPOINT)\b/i`;
const SQL_CALL = `CallExpression[callee.property.name=/^(query|read|copy|execute)$/]`;

const everywhere = [
  {
    selector: 'TSAsExpression > TSAsExpression > TSUnknownKeyword',
    message: 'No `as unknown as`: narrow the value, or parse it.',
  },
  { selector: 'CallExpression[callee.name="forwardRef"]', message: 'No cycles, no forwardRef (design §3).' },
];

const inProductCode = [
  ...everywhere,
  {
    selector:
      ':matches(CallExpression, NewExpression)[callee.name="RegExp"]:not([arguments.0.type="Literal"]):not([arguments.0.type="TemplateLiteral"][arguments.0.expressions.length=0])',
    message: 'Text from elsewhere never becomes a RegExp (design §7): compare literally, or write a matcher.',
  },
];

const sqlOutsideStores = [
  { selector: `${SQL_CALL} > Literal:first-child[value=${SQL_START}]`, message: 'SQL stands only in a *.store.ts.' },
  {
    selector: `${SQL_CALL} > TemplateLiteral > TemplateElement:first-child[value.raw=${SQL_START}]`,
    message: 'SQL stands only in a *.store.ts.',
  },
];

const environment = {
  object: 'process',
  property: 'env',
  message: 'Configuration is read once, in platform/config.',
};

const SPECS = ['**/*.spec.ts', 'test/**/*.ts'];

export default defineConfig(
  { ignores: ['dist/', 'coverage/', '.data/', 'bench/results/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error', reportUnusedInlineConfigs: 'error' } },
  js.configs.recommended,
  {
    name: 'everything',
    rules: {
      eqeqeq: ['error', 'always'],
      'no-var': 'error',
      'prefer-const': 'error',
      'object-shorthand': 'error',
      'no-template-curly-in-string': 'error',
      'no-unneeded-ternary': 'error',
      'no-else-return': ['error', { allowElseIf: false }],
      'array-callback-return': 'error',
      'no-restricted-syntax': ['error', ...everywhere],
    },
  },
  {
    name: 'typescript',
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      // Decorated files are left alone by the rule itself: `emitDecoratorMetadata` needs their imports as values.
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/consistent-type-exports': ['error', { fixMixedExportsWithInlineTypeSpecifier: true }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: true },
      ],
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // A caught error is unknown, and may be handed through a function before it is thrown again.
      '@typescript-eslint/only-throw-error': ['error', { allowRethrowing: true, allowThrowingUnknown: true }],
      '@typescript-eslint/prefer-promise-reject-errors': 'error',
      '@typescript-eslint/return-await': ['error', 'in-try-catch'],
      '@typescript-eslint/require-array-sort-compare': ['error', { ignoreStringArrays: true }],
      // A number or boolean in a message reads as meant; an object or undefined does not.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // Nest modules are classes whose whole content is their decorator.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      // An interface implemented by an async method may have nothing to await in one of its implementations.
      '@typescript-eslint/require-await': 'off',
      // It takes for constant what changes during an await (`signal.aborted`), and believes types that promise too much
      // (`JSON.stringify` may answer undefined).
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // Nest declares the options it takes as classes.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      // `value['trace_id']` says that the key may be absent, as `value.traceId` does not.
      '@typescript-eslint/dot-notation': ['error', { allowIndexSignaturePropertyAccess: true }],
      // The type parameter of a decorator factory keeps the schema's own type in its documentation.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      // `type` where a record must be assignable to an index signature, as rows and options must.
      '@typescript-eslint/consistent-type-definitions': 'off',
      // Empty text counts as absent in several wire shapes, so `||` is at times the operator that is meant.
      '@typescript-eslint/prefer-nullish-coalescing': ['error', { ignorePrimitives: { string: true } }],
    },
  },
  {
    name: 'product code',
    files: ['src/**/*.ts', 'migrations/**/*.ts', 'bench/**/*.ts'],
    ignores: SPECS,
    rules: {
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      complexity: ['error', 20],
      'max-depth': ['error', 4],
      'no-console': 'error',
      'no-restricted-syntax': ['error', ...inProductCode, ...sqlOutsideStores],
      'no-restricted-properties': ['error', environment],
    },
  },
  {
    name: 'where SQL stands',
    files: ['src/**/*.store.ts', 'src/platform/database/**/*.ts', 'migrations/**/*.ts', 'bench/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', ...inProductCode] },
  },
  {
    name: 'where the environment is read',
    files: ['src/platform/config/**/*.ts', 'src/embedded/**/*.ts', 'bench/**/*.ts'],
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    name: 'what talks to a terminal',
    files: ['src/**/*.command.ts', 'src/commands/**/*.ts', 'src/cli.ts', 'bench/**/*.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    name: 'tests',
    files: SPECS,
    rules: {
      'max-lines': ['error', { max: 500, skipBlankLines: true, skipComments: true }],
      // Source code as data holds templates that are not ours.
      'no-template-curly-in-string': 'off',
      // `expect(service.method).toHaveBeenCalled()` names a method without calling it.
      '@typescript-eslint/unbound-method': 'off',
      // Bodies of answers are `any` in supertest; what they hold is what the test asserts.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/require-array-sort-compare': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-empty-function': 'off',
    },
  },
  {
    name: 'CommonJS',
    files: ['**/*.cjs'],
    languageOptions: {
      sourceType: 'commonjs',
      globals: { __dirname: 'readonly', __filename: 'readonly', module: 'writable', require: 'readonly' },
    },
  },
  {
    name: 'scripts without types',
    files: ['**/*.js', '**/*.mjs', '**/*.cjs'],
    languageOptions: { globals: nodeGlobals() },
    rules: { 'no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }] },
  },
);

/** The globals of Node that our scripts use; a name missing here is a lint error, so the list proves itself. */
function nodeGlobals() {
  const names =
    'process console Buffer URL URLSearchParams setTimeout clearTimeout setInterval clearInterval setImmediate fetch AbortController AbortSignal performance structuredClone TextDecoder TextEncoder';
  return Object.fromEntries(names.split(' ').map((name) => [name, 'readonly']));
}

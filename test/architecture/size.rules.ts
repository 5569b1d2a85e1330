/** Caps that keep files, functions and classes readable (design §3, style.md). */
import * as ts from 'typescript';
import { CAPABILITIES, isProduct, isSpec } from './layout.js';
import { codeLines, lineOf, nodesOf, type Rule, type SourceFile, type Violation } from './source-tree.js';

export const MAX_FILE_LINES = 300;
export const MAX_TEST_FILE_LINES = 500;
export const MAX_FUNCTION_LINES = 60;
export const MAX_CONSTRUCTOR_PARAMETERS = 6;
/** "About 15" (style.md): what is surely below it. */
export const MIN_FILE_LINES = 12;

/** A rule that judges each file by itself. */
export function fileRule(name: string, why: string, check: (file: SourceFile) => Violation[]): Rule {
  return { name, why, check: (tree) => [...tree.values()].flatMap(check) };
}

const fileSize = fileRule('file-size', 'a file that is longer holds more than one thing', (file) => {
  const limit = isProduct(file.path) ? MAX_FILE_LINES : MAX_TEST_FILE_LINES;
  const lines = codeLines(file.ast, file.ast);
  return lines > limit ? [{ path: file.path, line: 1, what: `${lines} code lines, at most ${limit}` }] : [];
});

const functionSize = fileRule('function-size', 'a function that is longer does more than one thing', (file) => {
  if (!isProduct(file.path)) return [];
  return [...nodesOf(file.ast)]
    .filter((node) => ts.isFunctionLike(node) && 'body' in node && node.body !== undefined)
    .map((node) => ({ node, lines: codeLines(file.ast, node) }))
    .filter(({ lines }) => lines > MAX_FUNCTION_LINES)
    .map(({ node, lines }) => ({
      path: file.path,
      line: lineOf(file.ast, node),
      what: `${lines} code lines, at most ${MAX_FUNCTION_LINES}`,
    }));
});

const constructorSize = fileRule('constructor-size', 'more dependencies mean more than one duty', (file) => {
  if (!isProduct(file.path)) return [];
  return [...nodesOf(file.ast)]
    .filter((node) => ts.isConstructorDeclaration(node))
    .filter(({ parameters }) => parameters.length > MAX_CONSTRUCTOR_PARAMETERS)
    .map((node) => ({
      path: file.path,
      line: lineOf(file.ast, node),
      what: `${node.parameters.length} parameters, at most ${MAX_CONSTRUCTOR_PARAMETERS}`,
    }));
});

const DOORS = new Set([
  ...CAPABILITIES.map((capability) => `src/${capability}/index.ts`),
  'src/embedded/index.ts',
  // The list of all migrations, in their order.
  'migrations/index.ts',
]);

const indexFiles = fileRule(
  'index-is-a-door',
  'an index.ts is the door of a capability, or of what the root alone uses as a whole; elsewhere it hides who imports what',
  ({ path }) => {
    if (!/(^|\/)index\.ts$/.test(path)) return [];
    return DOORS.has(path) ? [] : [{ path, line: 1, what: 'is no door' }];
  },
);

/** Small by nature: doors, modules, error and token lists, declarations; and the words of kernel/, where one file is one word. */
const SMALL_BY_NATURE = /(^|\/)index\.ts$|\.module\.ts$|(^|[./-])(errors?|tokens)\.ts$|\.d\.ts$|^src\/kernel\//;

const tooSmall = fileRule('not-too-small', 'a file of a few lines is better read where it is used', (file) => {
  if (!file.path.startsWith('src/') || isSpec(file.path) || SMALL_BY_NATURE.test(file.path)) return [];
  const lines = file.text.trimEnd().split('\n').length;
  return lines < MIN_FILE_LINES
    ? [{ path: file.path, line: 1, what: `${lines} lines, at least ${MIN_FILE_LINES}` }]
    : [];
});

export const sizeRules: readonly Rule[] = [fileSize, functionSize, constructorSize, indexFiles, tooSmall];

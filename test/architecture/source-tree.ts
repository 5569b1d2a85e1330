/** The sources as the architecture rules see them: parsed files, and who imports whom. Types are not needed for that. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import * as ts from 'typescript';

/** One parsed file; `path` is relative to the root, with `/`. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly ast: ts.SourceFile;
  readonly imports: readonly ImportEdge[];
}

export interface ImportEdge {
  /** As written: `./x.js`, `node:fs`, `@nestjs/common`. */
  readonly specifier: string;
  /** Path of the imported file in the tree (relative imports only), whether or not it exists; null for packages and builtins. */
  readonly target: string | null;
  readonly line: number;
}

export type SourceTree = ReadonlyMap<string, SourceFile>;

export interface Violation {
  readonly path: string;
  readonly line: number;
  readonly what: string;
}

export interface Rule {
  readonly name: string;
  readonly why: string;
  check(tree: SourceTree): Violation[];
}

/** Reads every `.ts` file below the given folders of `root`; a folder that does not exist (yet) is empty. */
export function readTree(root: string, folders: readonly string[]): SourceTree {
  const sources: Record<string, string> = {};
  for (const folder of folders) {
    if (!existsSync(join(root, folder))) continue;
    for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !entry.name.endsWith('.ts')) continue;
      const file = join(entry.parentPath, entry.name);
      sources[relative(root, file).split(sep).join('/')] = readFileSync(file, 'utf8');
    }
  }
  return parseTree(sources);
}

export function parseTree(sources: Readonly<Record<string, string>>): SourceTree {
  return new Map(Object.entries(sources).map(([path, text]) => [path, parseSource(path, text)]));
}

function parseSource(path: string, text: string): SourceFile {
  const ast = ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true, ts.ScriptKind.TS);
  return { path, text, ast, imports: [...importsOf(path, ast)] };
}

function* importsOf(path: string, ast: ts.SourceFile): Generator<ImportEdge> {
  for (const node of nodesOf(ast)) {
    const specifier = importedBy(node);
    if (specifier === null) continue;
    const target = specifier.startsWith('.') ? sourcePath(posix.join(dirname(path), specifier)) : null;
    yield { specifier, target, line: lineOf(ast, node) };
  }
}

/** Static and dynamic imports, re-exports, `import('…')` types and `require`. Type-only imports count like all others. */
function importedBy(node: ts.Node): string | null {
  let named: ts.Node | undefined;
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) named = node.moduleSpecifier;
  else if (ts.isExternalModuleReference(node)) named = node.expression;
  else if (ts.isImportTypeNode(node)) named = ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined;
  else if (ts.isCallExpression(node) && isImportCall(node)) named = node.arguments[0];
  return named && ts.isStringLiteralLike(named) ? named.text : null;
}

function isImportCall({ expression }: ts.CallExpression): boolean {
  return (
    expression.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(expression) && expression.text === 'require')
  );
}

function sourcePath(path: string): string {
  return path.replace(/\.js$/, '.ts');
}

/** All nodes of a tree, the parent before its children. */
export function* nodesOf(node: ts.Node): Generator<ts.Node> {
  yield node;
  for (const child of childrenOf(node)) yield* nodesOf(child);
}

function childrenOf(node: ts.Node): ts.Node[] {
  const children: ts.Node[] = [];
  ts.forEachChild(node, (child) => void children.push(child));
  return children;
}

/** 1-based line at which a node begins, its comments not counted. */
export function lineOf(ast: ts.SourceFile, node: ts.Node): number {
  return ast.getLineAndCharacterOfPosition(node.getStart(ast)).line + 1;
}

/** Lines within a node that hold code: neither blank nor comment only. */
export function codeLines(ast: ts.SourceFile, node: ts.Node): number {
  const lines = new Set<number>();
  for (const token of tokensOf(ast, node)) {
    const first = ast.getLineAndCharacterOfPosition(token.getStart(ast)).line;
    const written = token.getText(ast).split('\n');
    written.forEach((text, index) => text.trim() !== '' && lines.add(first + index));
  }
  return lines.size;
}

function* tokensOf(ast: ts.SourceFile, node: ts.Node): Generator<ts.Node> {
  const children = node.getChildren(ast).filter((child) => !ts.isJSDoc(child));
  if (children.length === 0) yield node;
  for (const child of children) yield* tokensOf(ast, child);
}

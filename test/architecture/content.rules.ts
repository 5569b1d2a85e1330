/** Rules about what stands where: SQL, snake_case, entities, the clock, forwardRef. */
import * as ts from 'typescript';
import { isProduct, isPure } from './layout.js';
import { fileRule } from './size.rules.js';
import { lineOf, nodesOf, type Rule, type SourceFile, type Violation } from './source-tree.js';

function violationsAt(file: SourceFile, nodes: Iterable<ts.Node>, what: (node: ts.Node) => string): Violation[] {
  return [...nodes].map((node) => ({ path: file.path, line: lineOf(file.ast, node), what: what(node) }));
}

const shortText = (node: ts.Node): string => node.getText().replace(/\s+/g, ' ').slice(0, 60);

const noForwardRef = fileRule('no-forward-ref', 'forwardRef is a cycle with a name (design §3)', (file) => {
  if (!isProduct(file.path)) return [];
  const found = [...nodesOf(file.ast)].filter((node) => ts.isIdentifier(node) && node.text === 'forwardRef');
  return violationsAt(file, found, () => 'names forwardRef');
});

/** The one place that may ask for the time; everybody else is given a `Clock`. */
const CLOCK = 'src/kernel/clock.ts';

const noClockInCore = fileRule(
  'no-clock-no-chance',
  'what core and kernel answer is a function of what they are given',
  (file) => {
    if (!isPure(file.path) || file.path === CLOCK) return [];
    return violationsAt(file, [...nodesOf(file.ast)].filter(asksForTimeOrChance), shortText);
  },
);

function asksForTimeOrChance(node: ts.Node): boolean {
  if (ts.isPropertyAccessExpression(node)) return ['Date.now', 'Math.random'].includes(node.getText());
  const isDate =
    (ts.isNewExpression(node) || ts.isCallExpression(node)) &&
    ts.isIdentifier(node.expression) &&
    node.expression.text === 'Date';
  return isDate && (ts.isCallExpression(node) || !node.arguments?.length);
}

const entitiesOutsideCore = fileRule(
  'entities-outside-core',
  'an entity is a mapping of a table, and core knows no table',
  (file) => {
    const isEntityFile = file.path.endsWith('.entity.ts');
    const decorated = [...nodesOf(file.ast)].filter(
      (node) => ts.isDecorator(node) && /^@(\w+\.)?(Entity|ViewEntity)\b/.test(node.getText()),
    );
    if (isPure(file.path) && isEntityFile) return [{ path: file.path, line: 1, what: 'is an entity file' }];
    if (!isProduct(file.path) || isEntityFile) return [];
    return violationsAt(file, decorated, () => 'an entity outside *.entity.ts');
  },
);

const SQL_FILES = /\.store\.ts$|^src\/platform\/database\/|^(migrations|bench)\//;
/** Text that opens a statement. Case matters: prose begins "Select …", a status is "UPDATE" alone. */
const STATEMENT = new RegExp(
  String.raw`^\s*(?:${[
    String.raw`SELECT\s`,
    String.raw`WITH\s+\w+\s+(?:\([^)]*\)\s+)?AS\b`,
    String.raw`INSERT\s+INTO\s`,
    String.raw`UPDATE\s+\S+.*\sSET\s`,
    String.raw`DELETE\s+FROM\s`,
    String.raw`MERGE\s+INTO\s`,
    String.raw`COPY\s+\S+.*\s(?:FROM|TO)\s`,
    String.raw`(?:CREATE|ALTER|DROP|TRUNCATE|COMMENT ON)\s+[A-Z]`,
    String.raw`(?:LOCK\s+TABLE|LISTEN|NOTIFY|VACUUM|ANALYZE|SAVEPOINT|RELEASE|ROLLBACK TO)\s`,
    String.raw`SET\s+(?:LOCAL\s+|SESSION\s+)?\w+\s*(?:=|TO)`,
  ].join('|')})`,
  's',
);

const sqlInStores = fileRule(
  'sql-in-stores',
  'SQL stands in *.store.ts, platform/database and migrations, so that a table can be changed by reading those',
  (file) => {
    if (!isProduct(file.path) || SQL_FILES.test(file.path)) return [];
    const found = [...nodesOf(file.ast)].filter((node) => STATEMENT.test(literalText(node)));
    return violationsAt(file, found, shortText);
  },
);

function literalText(node: ts.Node): string {
  if (ts.isStringLiteralLike(node)) return node.text;
  return ts.isTemplateExpression(node)
    ? node.head.text + node.templateSpans.map((s) => `x${s.literal.text}`).join('')
    : '';
}

/** Where names of the wire or of a table are spelt as they are there. */
const SNAKE_CASE_FILES =
  /\.dto\.ts$|(^|\/)wire[\w-]*\.ts$|[.-]wire\.ts$|\.store\.ts$|\.entity\.ts$|\/data\/|\.d\.ts$|^src\/platform\/database\/|^(migrations|bench)\//;
const SNAKE_CASE = /^[a-z][a-z0-9]*(_[a-z0-9]+)+$/;

const snakeCaseAtTheWire = fileRule(
  'snake-case-at-the-wire',
  'snake_case names stand in *.dto.ts, wire files, stores and entities; everything else speaks camelCase',
  (file) => {
    if (!isProduct(file.path) || SNAKE_CASE_FILES.test(file.path)) return [];
    const found = [...nodesOf(file.ast)].map(declaredName).filter((name) => name !== null);
    return violationsAt(
      file,
      found.filter((name) => SNAKE_CASE.test(name.text)),
      (name) => `declares ${shortText(name)}`,
    );
  },
);

/**
 * The name that a node gives to something: a member of a type or class, a variable, parameter or function. Keys of object
 * literals are not counted: they also spell values of the wire (`{ too_large: 1 }`) and options of libraries.
 */
function declaredName(node: ts.Node): ts.Identifier | null {
  const declares =
    ts.isPropertySignature(node) ||
    ts.isPropertyDeclaration(node) ||
    ts.isMethodDeclaration(node) ||
    ts.isVariableDeclaration(node) ||
    ts.isParameter(node) ||
    ts.isBindingElement(node) ||
    ts.isFunctionDeclaration(node);
  return declares && node.name && ts.isIdentifier(node.name) ? node.name : null;
}

export const contentRules: readonly Rule[] = [
  noForwardRef,
  noClockInCore,
  entitiesOutsideCore,
  sqlInStores,
  snakeCaseAtTheWire,
];

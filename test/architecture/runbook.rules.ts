/** Rules that keep metrics, alerts and the runbook alike: what is measured is told, what fires says what to do. */
import * as ts from 'typescript';
import { lineOf, nodesOf, type SourceTree } from './source-tree.js';

export interface Operations {
  /** Names of all metrics, ours and those of the Node.js process. */
  readonly metrics: readonly string[];
  /** The texts of `docs/alerts.yml`, `docs/runbook.md` and `docs/operations.md`. */
  readonly alerts: string;
  readonly runbook: string;
  readonly operations: string;
}

interface Alert {
  readonly name: string;
  readonly expression: string;
  readonly duration: string | undefined;
  readonly severity: string | undefined;
  readonly runbook: string | undefined;
}

export interface OperationsRule {
  readonly name: string;
  check(operations: Operations): string[];
}

const OURS = 'quaestor_';
/** Prometheus makes it of each scrape. */
const OF_PROMETHEUS = ['up'];
const WORDS = new Set(
  'sum min max by and or unless offset rate increase absent vector time histogram_quantile min_over_time'.split(' '),
);

/** Metrics that the sources register: `name: 'quaestor_…'`, or the first argument of a function that registers. */
export function registeredMetrics(tree: SourceTree): string[] {
  return [...tree.values()].flatMap(({ ast, path }) => {
    if (!path.startsWith('src/') || path.endsWith('.spec.ts')) return [];
    return [...nodesOf(ast)].filter(ts.isStringLiteral).flatMap((literal) => {
      if (!literal.text.startsWith(OURS)) return [];
      const { parent } = literal;
      if (ts.isPropertyAssignment(parent) && parent.name.getText() === 'name') return [literal.text];
      if (ts.isCallExpression(parent) && parent.arguments[0] === literal) return [literal.text];
      if (ts.isVariableDeclaration(parent)) return [];
      throw new Error(`${path}:${String(lineOf(ast, literal))} is it a metric? ${literal.text}`);
    });
  });
}

/** The file is ours and has one form: each value on the line of its key. That it is YAML at all, `npm run check` tells. */
export function alertsOf(text: string): Alert[] {
  return text
    .split(/^ {6}- alert: /m)
    .slice(1)
    .map((rule) => {
      const value = (key: string): string | undefined => new RegExp(`^ +${key}: (.*)$`, 'm').exec(rule)?.[1];
      return {
        name: rule.split('\n')[0] ?? '',
        expression: value('expr') ?? '',
        duration: value('for'),
        severity: /severity: (\w+)/.exec(value('labels') ?? '')?.[1],
        runbook: value('runbook'),
      };
    });
}

/** What an expression asks for, without labels, numbers and functions; series of a histogram by their histogram. */
export function metricsIn(expression: string, known: readonly string[]): string[] {
  const bare = expression.replace(/\{[^}]*\}|\[[^\]]*\]|"[^"]*"|\b(?:by|without) \([^)]*\)/g, ' ');
  const names = (bare.match(/\b[a-z_]\w*/gi) ?? []).filter((word) => !WORDS.has(word));
  return names.map((name) => (known.includes(name) ? name : name.replace(/_(?:bucket|sum|count)$/, '')));
}

/** The text under a heading, up to the next one of its depth or above. */
function section(text: string, heading: string): string | undefined {
  const depth = heading.indexOf(' ');
  const [, after] = `\n${text}`.split(`\n${heading}\n`);
  return after?.split(new RegExp(`^#{1,${String(depth)}} `, 'm'))[0];
}

const alerting = ({ alerts, metrics }: Operations): Set<string> =>
  new Set(alertsOf(alerts).flatMap(({ expression }) => metricsIn(expression, metrics)));

const notAlerting = ({ runbook }: Operations): string[] =>
  [...(section(runbook, '## Not alerting') ?? '').matchAll(/`(quaestor_\w+)`/g)].map(([, name]) => name ?? '');

const anchorOf = (name: string): string => `docs/runbook.md#${name.toLowerCase()}`;

export const operationsRules: readonly OperationsRule[] = [
  {
    name: 'a metric of ours alerts, or is listed as not alerting',
    check(operations) {
      const [fires, listed] = [alerting(operations), notAlerting(operations)];
      return operations.metrics
        .filter((name) => name.startsWith(OURS) && fires.has(name) === listed.includes(name))
        .map((name) => `${name} is in ${fires.has(name) ? 'both' : 'neither'}`);
    },
  },
  {
    name: 'a metric of ours stands in the table of operations.md',
    check({ metrics, operations }) {
      const table = section(operations, '## Metrics') ?? '';
      return metrics.filter((name) => name.startsWith(OURS) && !new RegExp(`^\\|[^|]*\`${name}[\`{]`, 'm').test(table));
    },
  },
  {
    name: 'what is listed or asked for is a metric',
    check(operations) {
      const known = [...operations.metrics, ...OF_PROMETHEUS];
      return [...alerting(operations), ...notAlerting(operations)].filter((name) => !known.includes(name));
    },
  },
  {
    name: 'an alert has a severity, and leads to its section',
    check({ alerts }) {
      return alertsOf(alerts)
        .filter(({ name, severity, runbook }) => severity === undefined || runbook !== anchorOf(name))
        .map(({ name }) => name);
    },
  },
  {
    name: 'the section of an alert quotes it, and says what it means, what to do and what not',
    check({ alerts, runbook }) {
      return alertsOf(alerts)
        .filter(({ name, expression, duration, severity }) => {
          const text = section(runbook, `### ${name}`) ?? '';
          const when = duration === undefined ? 'at once' : `for ${duration}`;
          const quoted = text.includes(`\n\`${expression}\` ${when}, ${String(severity)}.`);
          return !quoted || !['**Means** ', '**Do**:', '**Not**: '].every((part) => text.includes(part));
        })
        .map(({ name }) => name);
    },
  },
  {
    name: 'a section is of an alert',
    check({ alerts, runbook }) {
      const names = alertsOf(alerts).map(({ name }) => name);
      const sections = [...(section(runbook, '## Alerts') ?? '').matchAll(/^### (.*)$/gm)].map(
        ([, name]) => name ?? '',
      );
      return sections.filter((name) => !names.includes(name));
    },
  },
];

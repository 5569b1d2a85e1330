/** The runbook against the alerts, and both against the metrics that there are. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { alertsOf, type Operations, operationsRules, registeredMetrics } from './runbook.rules.js';
import { parseTree, readTree } from './source-tree.js';

const ROOT = resolve(__dirname, '../..');
const text = (name: string): string => readFileSync(join(ROOT, name), 'utf8');

async function ofTheProcess(): Promise<string[]> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return (await registry.getMetricsAsJSON()).map(({ name }) => name);
}

describe('the runbook', () => {
  let operations: Operations;
  beforeAll(async () => {
    operations = {
      metrics: [...registeredMetrics(readTree(ROOT, ['src'])), ...(await ofTheProcess())],
      alerts: text('docs/alerts.yml'),
      runbook: text('docs/runbook.md'),
      operations: text('docs/operations.md'),
    };
  });

  it('was found, with the metrics', () => {
    expect(operations.metrics).toEqual(
      expect.arrayContaining([
        'quaestor_ingest_records_total',
        'quaestor_db_pool_waiting',
        'nodejs_eventloop_lag_seconds',
      ]),
    );
    expect(new Set(operations.metrics).size).toBe(operations.metrics.length);
    expect(alertsOf(operations.alerts).length).toBeGreaterThan(20);
  });

  it.each(operationsRules)('keeps: $name', (rule) => {
    expect(rule.check(operations)).toEqual([]);
  });
});

const sound: Operations = {
  metrics: ['quaestor_lag', 'quaestor_took_seconds', 'nodejs_lag'],
  alerts: `groups:
  - rules:
      - alert: Behind
        expr: max by (partition) (quaestor_lag{partition!="x"}) > 1 or nodejs_lag > 0.5 or up == 0
        for: 5m
        labels: { severity: page }
        annotations:
          runbook: docs/runbook.md#behind
`,
  runbook: `# Runbook

## Alerts

### Behind

\`max by (partition) (quaestor_lag{partition!="x"}) > 1 or nodejs_lag > 0.5 or up == 0\` for 5m, page.

**Means** it.
**Do**: this.
**Not**: that.

## Not alerting

\`quaestor_took_seconds\`
`,
  operations: '# Operations\n\n## Metrics\n\n| `quaestor_lag{partition}` |\n| `quaestor_took_seconds` |\n\n## More\n',
};

describe('a planted gap', () => {
  const check = (changed: Partial<Operations>): string[] =>
    operationsRules.filter((rule) => rule.check({ ...sound, ...changed }).length > 0).map(({ name }) => name);
  const [told, inTable, known, leads, quotes, ofAlert] = operationsRules.map(({ name }) => name);
  const alertsWith = (from: string, to: string) => ({ alerts: sound.alerts.replace(from, to) });
  const runbookWith = (from: string, to: string) => ({ runbook: sound.runbook.replace(from, to) });

  it('is not there where all is told', () => {
    expect(check({})).toEqual([]);
  });

  it.each([
    ['a metric nobody tells of', { metrics: [...sound.metrics, 'quaestor_new_total'] }, [told, inTable]],
    [
      'one that alerts and is listed as not alerting',
      runbookWith('`quaestor_took', '`quaestor_lag` `quaestor_took'),
      [told],
    ],
    ['one without a row', { operations: sound.operations.replace('quaestor_took_seconds', 'x') }, [inTable]],
    ['one that is no longer registered', { metrics: ['quaestor_lag', 'nodejs_lag'] }, [known]],
    ['an alert on nothing', alertsWith('nodejs_lag', 'nodejs_lags'), [known, quotes]],
    ['an alert on a histogram that is none', alertsWith('nodejs_lag', 'nodejs_lags_bucket'), [known, quotes]],
    ['an alert of another kind', alertsWith('page', 'ticket'), [quotes]],
    ['an alert without severity', alertsWith('severity: page', ''), [leads, quotes]],
    ['an alert that leads elsewhere', alertsWith('#behind', '#ahead'), [leads]],
    ['an alert without its section', runbookWith('### Behind', '### Ahead'), [quotes, ofAlert]],
    ['another threshold in the section', runbookWith('> 1 or', '> 2 or'), [quotes]],
    ['another duration in the section', runbookWith('for 5m', 'for 6m'), [quotes]],
    ['a section that does not say what to do', runbookWith('**Do**', 'Do'), [quotes]],
    ['a section of no alert', runbookWith('## Not alerting', '### Former\n\n## Not alerting'), [ofAlert]],
  ])('is found: %s', (_title, changed, rules) => {
    expect(check(changed)).toEqual(rules);
  });

  it('is found where a literal may be a metric or not', () => {
    const registering = "this.metrics.counter({ name: 'quaestor_a_total' }); gauge('quaestor_b', () => 1);";
    expect(registeredMetrics(parseTree({ 'src/a.ts': `const CHANNEL = 'quaestor_c';\n${registering}` }))).toEqual([
      'quaestor_a_total',
      'quaestor_b',
    ]);
    expect(() => registeredMetrics(parseTree({ 'src/a.ts': "const names = ['quaestor_a_total'];" }))).toThrow(
      'src/a.ts:1',
    );
  });
});

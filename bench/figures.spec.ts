import { resolve } from 'node:path';
import type { ComparisonResult } from './comparison-result.js';
import { type Figure, isReached } from './figure.js';
import { readReports, renderPage } from './figures.js';
import { figuresOf, type KeptReport } from './kept-report.js';
import { machineFacts } from './report.js';

const machine = machineFacts('18.4', new Date(0));
const spread = (median: number) => ({ median, min: median, max: median });
const contender = (name: string, ratio: number) => ({
  name,
  unitsPerSecond: spread(1),
  cpuMicrosPerUnit: spread(1),
  ratio: spread(ratio),
  rounds: [],
});
const comparison: ComparisonResult = {
  name: 'ingest',
  unit: 'traces',
  yardstick: 'without',
  repetitions: 3,
  warmup: 1,
  contenders: [contender('without', 1), contender('with verdicts', 0.5)],
};
const figure = (value: number, goal?: Figure['goal']): Figure => ({
  name: 'a | b',
  value,
  unit: 'ms',
  ...(goal && { goal }),
});

describe('figuresOf', () => {
  it('tells the ratios of a report that names no figures, with the goal its issue set', () => {
    expect(figuresOf({ name: 'verdicts', machine, comparisons: [comparison] })).toEqual([
      { name: 'ingest: with verdicts', value: 0.5, unit: '× without', goal: { least: 0.9 } },
    ]);
    expect(figuresOf({ name: 'unknown', machine, comparisons: [comparison] })[0]).not.toHaveProperty('goal');
  });

  it('tells what was measured without a comparison', () => {
    const measurements = [{ name: 'first export', rows: 10, seconds: 0.5 }];
    expect(figuresOf({ name: 'export', machine, comparisons: [], measurements })).toEqual([
      { name: 'first export: rows', value: 10, unit: '' },
      { name: 'first export: seconds', value: 0.5, unit: '' },
    ]);
  });

  it('tells what a report names', () => {
    const figures = [figure(3)];
    expect(figuresOf({ name: 'verdicts', machine, comparisons: [comparison], figures })).toBe(figures);
  });
});

describe('isReached', () => {
  it.each([
    [1, { least: 1 }, true],
    [0.9, { least: 1 }, false],
    [1, { most: 1 }, true],
    [1.1, { most: 1 }, false],
    [1, undefined, null],
  ] as const)('%d with goal %j: %p', (value, goal, reached) => {
    expect(isReached(figure(value, goal))).toBe(reached);
  });
});

describe('the page', () => {
  const reports: KeptReport[] = [
    { name: 'verdicts', machine, comparisons: [comparison] },
    { name: 'query', machine, comparisons: [], figures: [figure(12_345.6, { most: 10 }), figure(0.123456)] },
  ];

  it('has a section for each report, and says what was not reached', () => {
    const page = renderPage(reports);
    expect(page).toMatch(/## verdicts[^]*\| ingest: with verdicts \| 0\.5 × without \| ≥ 0\.9 \| \*\*no\*\* +\|/);
    expect(page).toMatch(/## query[^]*\| a \\\| b +\| 12,346 ms +\| ≤ 10 +\| \*\*no\*\* +\|/);
    expect(page).toMatch(/\| a \\\| b +\| 0\.123 ms +\| +\| +\|/);
  });

  it('can be written of every result that is kept', async () => {
    const kept = await readReports(resolve(__dirname, 'results'));
    expect(kept.length).toBeGreaterThan(5);
    const page = renderPage(kept);
    for (const { name } of kept) expect(page).toContain(`## ${name}\n`);
  });
});

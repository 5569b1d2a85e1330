/** What the query benchmark found, held against its goals. */
import type { Figure } from './figure.js';
import type { Measurement } from './report.js';

const LARGEST = 10_000_000;
const P95_MS = 10;
const TIMES_BARE = 1.6;
const DEEP_PAGE = 1.1;
const GROWTH = 1.5;
/** Not one filter of ListTraces: told without a goal of their own. */
const OTHERS = new Set(['text', 'statistics', 'changes']);

/** Measured in turns: minutes apart the machine is another. */
export const DEEP_AGAINST_FIRST = 'page 1,000 against page 1';

export function measuredName(name: string, traces: number): string {
  return `${name}, ${traces.toLocaleString('en-US')} traces`;
}

export function queryFigures(measurements: readonly Measurement[], sizes: readonly number[]): Figure[] {
  const found = new Map(measurements.map(({ name, values }) => [name, values]));
  const names = [...new Set(measurements.map(({ name }) => name.replace(/, [\d,]+ traces$/, '')))].filter(
    (name) => name !== DEEP_AGAINST_FIRST,
  );
  const valueOf = (name: string, size: number, key: string): number =>
    found.get(measuredName(name, size))?.[key] ?? Number.NaN;
  const figures = sizes.flatMap((size) => [
    ...names.flatMap((name): Figure[] => [
      { name: measuredName(`${name}, p50`, size), value: valueOf(name, size, 'httpP50Ms'), unit: 'ms' },
      {
        name: measuredName(`${name}, p95`, size),
        value: valueOf(name, size, 'httpP95Ms'),
        unit: 'ms',
        ...(size >= LARGEST && !OTHERS.has(name) && { goal: { most: P95_MS } }),
      },
      {
        name: measuredName(name, size),
        value: valueOf(name, size, 'timesBare'),
        unit: '× bare SQL',
        ...(!OTHERS.has(name) && { goal: { most: TIMES_BARE } }),
      },
    ]),
    {
      name: measuredName(DEEP_AGAINST_FIRST, size),
      value: valueOf(DEEP_AGAINST_FIRST, size, 'times'),
      unit: '×',
      goal: { most: DEEP_PAGE },
    },
  ]);
  const [small, large] = sizes;
  if (small !== undefined && large !== undefined)
    for (const name of names)
      figures.push({
        name: `${name}, 10 times the traces`,
        value: valueOf(name, large, 'httpP50Ms') / valueOf(name, small, 'httpP50Ms'),
        unit: '×',
        goal: { most: GROWTH },
      });
  return figures.filter(({ value }) => !Number.isNaN(value));
}

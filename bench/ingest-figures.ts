/** What the ingest benchmark found, held against its goals. */
import type { ComparisonResult } from './comparison-result.js';
import type { Figure, Goal } from './figure.js';
import type { Measurement } from './report.js';

export function ingestFigures(
  comparisons: readonly ComparisonResult[],
  measurements: readonly Measurement[],
): Figure[] {
  const contenders = comparisons.flatMap((comparison) => comparison.contenders);
  const find = (name: string) => contenders.find((contender) => contender.name === name);
  const [own, repeated, typeorm, single] = ['Quaestor', 'Quaestor, 20 % sent twice', 'TypeORM insert', 'INSERT row by row'].map(find); // prettier-ignore
  const ratio = (contender: typeof own): number => contender?.ratio.median ?? Number.NaN;
  const figures: Figure[] = [
    { name: 'from memory', value: ratio(own), unit: '× COPY', goal: { least: 0.7 } },
    { name: 'from memory, against TypeORM', value: ratio(own) / ratio(typeorm), unit: '× insert', goal: { least: 3 } },
    { name: 'from memory, against one row a statement', value: ratio(own) / ratio(single), unit: '× INSERT' },
    { name: 'from memory', value: own?.unitsPerSecond.median ?? Number.NaN, unit: 'traces/s' },
    { name: 'client CPU for 100,000 traces', value: (own?.cpuMicrosPerUnit.median ?? Number.NaN) / 10, unit: 's', goal: { most: 2 } }, // prettier-ignore
    { name: '20 % duplicates, time for as many traces', value: ratio(own) / ratio(repeated), unit: '×', goal: { most: 1.6 } }, // prettier-ignore
  ];
  for (const { name, values } of measurements) {
    const add = (what: string, key: string, unit: string, goal?: Goal): void => {
      figures.push({ name: `${name}${what}`, value: values[key] ?? Number.NaN, unit, ...(goal && { goal }) });
    };
    const isReal = name.includes('real');
    add('', 'timesCopy', '× COPY', isReal ? { least: 0.55 } : undefined);
    add('', 'perSecond', 'traces/s');
    add(', CPU of the process for 100,000 traces', 'cpuSecondsPer100k', 's');
    add(', memory of the process at most', 'rssPeakMib', 'MiB', { most: 300 });
  }
  return figures;
}

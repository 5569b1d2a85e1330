/** A result as it is kept, and the figures that the table shows of it. */
import type { Figure, Goal } from './figure.js';
import type { Report } from './report.js';

/** What of a comparison its issue asked for, where the report itself does not say so. */
const GOALS: Readonly<Record<string, Readonly<Record<string, Goal>>>> = {
  verdicts: { 'with verdicts': { least: 0.9 } },
};

/** A report as it was written: the values of a measurement stand beside its name. */
export interface KeptReport extends Pick<Report, 'name' | 'machine' | 'comparisons' | 'figures'> {
  readonly measurements?: readonly Readonly<Record<string, string | number>>[];
}

/** The figures that a report names, else the ratio of each contender to its yardstick, and all that was measured besides. */
export function figuresOf({ name, comparisons, measurements = [], figures }: KeptReport): readonly Figure[] {
  if (figures !== undefined) return figures;
  const measured = measurements.flatMap(({ name: what = '', ...values }) =>
    Object.entries(values).map(([key, value]) => ({ name: `${String(what)}: ${key}`, value: Number(value), unit: '' })),
  );
  return [...ratiosOf(name, comparisons), ...measured];
}

function ratiosOf(report: string, comparisons: KeptReport['comparisons']): Figure[] {
  return comparisons.flatMap(({ name: what, yardstick, contenders }) =>
    contenders
      .filter((contender) => contender.name !== yardstick)
      .map((contender) => {
        const goal = GOALS[report]?.[contender.name];
        return {
          name: `${what}: ${contender.name}`,
          value: contender.ratio.median,
          unit: `× ${yardstick}`,
          ...(goal && { goal }),
        };
      }),
  );
}

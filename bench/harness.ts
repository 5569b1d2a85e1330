/**
 * Measures contenders against a yardstick in the same run. An absolute figure says more about the machine than about the
 * code, so what counts is the ratio: each contender's throughput to that of the yardstick in the same round.
 */
import type { ComparisonResult, ContenderResult, Round, Spread } from './comparison-result.js';
import { median } from './statistics.js';
import { printTable } from './table.js';

export interface Contender {
  readonly name: string;
  /** Runs before each round, not timed: a fresh table, an empty cache. What lasts for all rounds is made outside. */
  prepare?(round: number): Promise<void>;
  /** The timed part. Rounds count from 0, warm-up included. `units`: how much was done, so that rounds may differ in size. */
  run(round: number): Promise<{ units: number }>;
  /** Runs after each round, not timed, also when the round failed. */
  cleanup?(round: number): Promise<void>;
}

export interface Comparison {
  readonly name: string;
  /** What is counted, in the plural: `traces`, `requests`. */
  readonly unit: string;
  /** Name of the contender that the others are measured against. */
  readonly yardstick: string;
  /** In the order in which they take turns: A B C, A B C … */
  readonly contenders: readonly Contender[];
  readonly repetitions?: number;
  readonly warmup?: number;
  readonly meter?: Meter;
  /** Where the table goes; stderr unless told, since stdout belongs to the result. */
  readonly print?: (text: string) => void;
}

/** Both in ms, from any origin. */
export interface Meter {
  wallMs(): number;
  /** Time the processors spent on this process, user and system; what a server of its own spends is not in it. */
  cpuMs(): number;
}

const processMeter: Meter = {
  wallMs: () => performance.now(),
  cpuMs: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  },
};

/** Throws what a contender throws, and an `Error` when the comparison itself makes no sense. */
export async function compare(comparison: Comparison): Promise<ComparisonResult> {
  const { contenders, yardstick, repetitions = 3, warmup = 1, meter = processMeter } = comparison;
  checkComparison(comparison, repetitions);
  const measured = contenders.map((): Round[] => []);
  for (let round = 0; round < warmup + repetitions; round++) {
    for (const [index, contender] of contenders.entries()) {
      const result = await measure(contender, round, meter);
      if (round >= warmup) measured[index]?.push(result);
    }
  }
  const baseline = measured[contenders.findIndex(({ name }) => name === yardstick)] ?? [];
  const result: ComparisonResult = {
    name: comparison.name,
    unit: comparison.unit,
    yardstick,
    repetitions,
    warmup,
    contenders: contenders.map(({ name }, index) => summarise(name, measured[index] ?? [], baseline)),
  };
  printTable(result, comparison.print ?? ((text) => void process.stderr.write(text)));
  return result;
}

function checkComparison({ name, contenders, yardstick }: Comparison, repetitions: number): void {
  const names = contenders.map((contender) => contender.name);
  if (new Set(names).size !== names.length) throw new Error(`${name}: two contenders have the same name`);
  if (!names.includes(yardstick)) throw new Error(`${name}: the yardstick ${yardstick} is not among the contenders`);
  if (repetitions < 1) throw new Error(`${name}: at least one repetition is needed`);
}

async function measure(contender: Contender, round: number, meter: Meter): Promise<Round> {
  await contender.prepare?.(round);
  try {
    const [wallStart, cpuStart] = [meter.wallMs(), meter.cpuMs()];
    const { units } = await contender.run(round);
    const [wallMs, cpuMs] = [meter.wallMs() - wallStart, meter.cpuMs() - cpuStart];
    if (!(units > 0 && wallMs > 0))
      throw new Error(`${contender.name}: ${units} units in ${wallMs} ms cannot be compared`);
    return { units, wallMs, cpuMs };
  } finally {
    await contender.cleanup?.(round);
  }
}

function summarise(name: string, rounds: readonly Round[], baseline: readonly Round[]): ContenderResult {
  const ratios = rounds.map((round, index) => {
    const other = baseline[index];
    return other ? throughput(round) / throughput(other) : Number.NaN;
  });
  return {
    name,
    unitsPerSecond: spread(rounds.map(throughput)),
    cpuMicrosPerUnit: spread(rounds.map(({ cpuMs, units }) => (cpuMs * 1_000) / units)),
    ratio: spread(ratios),
    rounds,
  };
}

function throughput({ units, wallMs }: Round): number {
  return (units * 1_000) / wallMs;
}

function spread(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

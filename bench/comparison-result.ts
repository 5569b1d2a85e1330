/** What a comparison found, as it is printed and kept. */

/** Median, least and greatest over the measured rounds. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export interface ContenderResult {
  readonly name: string;
  readonly unitsPerSecond: Spread;
  /** CPU time of this process per unit, in µs. */
  readonly cpuMicrosPerUnit: Spread;
  /** Throughput ÷ that of the yardstick in the same round; above 1 is faster. Its own is 1. */
  readonly ratio: Spread;
  readonly rounds: readonly Round[];
}

export interface Round {
  readonly units: number;
  readonly wallMs: number;
  readonly cpuMs: number;
}

export interface ComparisonResult {
  readonly name: string;
  readonly unit: string;
  readonly yardstick: string;
  readonly repetitions: number;
  readonly warmup: number;
  readonly contenders: readonly ContenderResult[];
}

/** What the story tells of itself while it runs: steps, the calls they make, and how they end. */

/** One call as it is told: made by whom, of what, answered how, and what matters of the answer. */
export interface ToldCall {
  /** `operator`, `registry` … */
  readonly who: string;
  /** `GET` …, or `KAFKA` for records that are published. */
  readonly method: string;
  /** Path with its query; of records the topic. */
  readonly path: string;
  /** Null where there is none: records are acknowledged, or the call throws. */
  readonly status: number | null;
  readonly told: string;
  /** How often it was made until the answer was the awaited one. */
  readonly times: number;
}

export interface Teller {
  begin(number: number, title: string, why: string): void;
  call(call: ToldCall): void;
  /** Something worth saying that is no call, e.g. that the service is away. */
  note(text: string): void;
  end(number: number, ms: number): void;
  fail(number: number, title: string, reason: string): void;
}

/** Tells nothing; for whoever only wants to know how it ended. */
export const silentTeller: Teller = {
  begin: () => undefined,
  call: () => undefined,
  note: () => undefined,
  end: () => undefined,
  fail: () => undefined,
};

/** One thing that will happen, and what shall hold all the same. */
export interface Fault {
  /** As numbered in docs/faults.md. */
  readonly number: number;
  readonly name: string;
  /** Throws where the trial itself does not work; what does not hold is `broken`. */
  play(options: { readonly short: boolean; readonly seed: number }): Promise<Outcome>;
}

export interface Outcome {
  readonly sent: string;
  readonly found: string;
  /** Null: it held. */
  readonly broken: string | null;
  /** This machine has no means for the trial, as `found` tells: nothing held, and nothing broke. */
  readonly notPossible?: true;
}

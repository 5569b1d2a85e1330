/** One figure with its goal, as the table of all benchmarks shows it. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  /** `×`, `ms`, `MiB` …, as it stands behind the value. */
  readonly unit: string;
  /** Absent: told for what it is worth. */
  readonly goal?: Goal;
}

export type Goal = { readonly least: number } | { readonly most: number };

export function isReached({ value, goal }: Figure): boolean | null {
  if (goal === undefined) return null;
  return 'least' in goal ? value >= goal.least : value <= goal.most;
}

export function goalText({ goal }: Figure): string {
  if (goal === undefined) return '';
  return 'least' in goal ? `≥ ${String(goal.least)}` : `≤ ${String(goal.most)}`;
}

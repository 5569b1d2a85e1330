/** Decides which reservations are granted, in their order, given the counters as they are locked. */
import { UNLIMITED } from './definition.js';
import type { EffectiveLimit } from './limits.js';

/** A counter and the limit effective at the instant of the decision. */
export interface CounterState extends EffectiveLimit {
  readonly used: number;
  readonly reserved: number;
  /** The instance was deleted: nothing is granted any more. */
  readonly closed: boolean;
}

/** One line of a reservation: an amount on every level it counts on, the scope itself first. */
export interface Demand {
  readonly levels: readonly string[];
  readonly amount: number;
}

export interface Excess {
  /** Name of the counter. */
  readonly counter: string;
  /** All that the reservation needs on this counter. */
  readonly needed: number;
  readonly state: CounterState;
}

export type Admission =
  | { readonly granted: true; readonly warnings: readonly Excess[] }
  | { readonly granted: false; readonly reason: 'exceeded' | 'closed'; readonly exceeded: readonly Excess[] };

/**
 * Counters of one locked instant. Granting changes them, so that the next in line is judged by what is left: any number of waiters
 * with any amounts is served from one look at the rows.
 */
export class Allotment {
  private readonly promised = new Map<string, number>();

  constructor(private readonly states: ReadonlyMap<string, CounterState>) {}

  /** All demands or none. Counters are named as in the map given; an unknown one is a defect. */
  admit(demands: readonly Demand[]): Admission {
    const needs = sumByCounter(demands);
    const excesses: Excess[] = [];
    for (const [counter, needed] of needs) {
      const state = this.stateOf(counter);
      if (state.closed || !fits(state, needed)) excesses.push({ counter, needed, state });
    }
    const closed = excesses.filter(({ state }) => state.closed);
    if (closed.length > 0) return { granted: false, reason: 'closed', exceeded: closed };
    const refusing = excesses.filter(({ state }) => state.mode === 'enforce');
    if (refusing.length > 0) return { granted: false, reason: 'exceeded', exceeded: refusing };
    for (const [counter, needed] of needs) this.promised.set(counter, (this.promised.get(counter) ?? 0) + needed);
    return { granted: true, warnings: excesses.filter(({ state }) => state.mode === 'warn') };
  }

  /** As it stands after all that was granted. */
  stateOf(counter: string): CounterState {
    const state = this.states.get(counter);
    if (state === undefined) throw new Error(`the counter ${counter} was not read`);
    const promised = this.promised.get(counter);
    return promised === undefined ? state : { ...state, reserved: state.reserved + promised };
  }

  /** What was granted, by counter. */
  get granted(): ReadonlyMap<string, number> {
    return this.promised;
  }
}

function fits({ limit, used, reserved }: CounterState, needed: number): boolean {
  return limit === UNLIMITED || used + reserved + needed <= limit;
}

export function sumByCounter(demands: readonly Demand[]): Map<string, number> {
  const needs = new Map<string, number>();
  for (const { levels, amount } of demands)
    for (const level of levels) needs.set(level, (needs.get(level) ?? 0) + amount);
  return needs;
}

/** What is left; null where nothing limits it. Never below zero, also where more is used than allowed. */
export function remaining({ limit, used, reserved }: Pick<CounterState, 'limit' | 'used' | 'reserved'>): number | null {
  return limit === UNLIMITED ? null : Math.max(0, limit - used - reserved);
}

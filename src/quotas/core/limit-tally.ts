/** Counts what a replay of draft limits finds; what it keeps is bounded, whatever the number of traces. */
import type { RefusedCreation } from './limit-replay.js';

export interface RefusedOperation extends RefusedCreation {
  readonly traceId: string;
  /** Epoch ms. */
  readonly recordTime: number;
  readonly resourceName: string;
  /** Text of the trace's user. */
  readonly user: string | null;
}

export interface RefusedScope {
  readonly quotaKey: string;
  readonly scope: string;
  readonly limit: number;
  refused: number;
  readonly firstAt: number;
  lastAt: number;
}

/** Kept examples of each scope, so that a busy one does not hide the others; and of all. */
const MOST_OF_SCOPE = 5;
const MOST_EXAMPLES = 50;
const MOST_SCOPES = 1_000;

export class LimitTally {
  /** Traces of the window that were read: those that a definition of the drafts' keys names. */
  evaluated = 0;
  /** Changes of what the drafts limit. */
  counted = 0;
  refused = 0;
  /** Counters that held more than their draft allows where the window begins; null: it has not begun. */
  overAtStart: number | null = null;
  readonly byScope = new Map<string, RefusedScope>();
  /** Refusals of scopes beyond the thousand that are told. */
  elsewhere = 0;
  readonly examples: RefusedOperation[] = [];

  add(operation: RefusedOperation): void {
    const { quotaKey, scope, limit, recordTime } = operation;
    this.refused += 1;
    const name = `${quotaKey}\0${scope}`;
    const known = this.byScope.get(name);
    if (known === undefined) {
      if (this.byScope.size >= MOST_SCOPES) this.elsewhere += 1;
      else this.byScope.set(name, { quotaKey, scope, limit, refused: 1, firstAt: recordTime, lastAt: recordTime });
    } else {
      known.refused += 1;
      known.lastAt = recordTime;
    }
    if ((known?.refused ?? 1) <= MOST_OF_SCOPE && this.examples.length < MOST_EXAMPLES) this.examples.push(operation);
  }
}

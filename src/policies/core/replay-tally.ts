/** Counts, trace by trace, what drafts would have decided otherwise (contracts.md, Decisions). */
import type { Decision } from './policy.js';
import { permits } from './verdict.js';

export interface Replayed {
  readonly traceId: string;
  readonly recordTime: number;
  readonly userId: string;
  readonly userName: string;
  readonly action: string;
  readonly resource: string | null;
  readonly self: boolean;
  /** By what is in force, and with the drafts beside it. */
  readonly before: Decision;
  readonly after: Decision;
}

export interface Changes {
  newlyDenied: number;
  newlyAllowed: number;
}

/** Kept examples of each action, so that a frequent one does not hide the others; and of all. */
const MOST_OF_ACTION = 5;
const MOST_EXAMPLES = 50;

export class ReplayTally {
  evaluated = 0;
  /** No action is known of them. */
  unmapped = 0;
  /** The action is known, but not who did it, where, or to what; or a policy asks for what no trace tells. */
  undecided = 0;
  readonly changed: Changes = { newlyDenied: 0, newlyAllowed: 0 };
  readonly byAction = new Map<string, Changes>();
  readonly examples: Replayed[] = [];

  add(replayed: Replayed): void {
    this.evaluated += 1;
    const before = permits(replayed.before, replayed.self);
    const after = permits(replayed.after, replayed.self);
    if (before === after) return;
    const ofAction = this.byAction.get(replayed.action) ?? { newlyDenied: 0, newlyAllowed: 0 };
    this.byAction.set(replayed.action, ofAction);
    const kept = ofAction.newlyDenied + ofAction.newlyAllowed;
    for (const changes of [this.changed, ofAction]) {
      if (after) changes.newlyAllowed += 1;
      else changes.newlyDenied += 1;
    }
    if (kept < MOST_OF_ACTION && this.examples.length < MOST_EXAMPLES) this.examples.push(replayed);
  }
}

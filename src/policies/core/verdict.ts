/** What the policies in force say of an operation that a trace tells of. */
import type { Decision } from './policy.js';

export type Verdict = 'allowed' | 'denied';

/** As the guard of such operations says: what everybody may do on what is its own only an explicit Deny forbids. */
export function permits(decision: Decision, self: boolean): boolean {
  return decision === 'Allow' || (self && decision === 'ImplicitDeny');
}

/** Null where no policy has to allow it, and none forbids it. */
export function verdictOf(decision: Decision, self: boolean): Verdict | null {
  if (decision === 'Allow') return 'allowed';
  return permits(decision, self) ? null : 'denied';
}

/** Of decisions that are all possible the one that stands for them; null where they do not come to the same. */
export function agreed(decisions: readonly Decision[], outcome: (decision: Decision) => unknown): Decision | null {
  const [first, ...others] = decisions;
  if (first === undefined) return null;
  const common = outcome(first);
  return others.every((decision) => outcome(decision) === common) ? first : null;
}

/** Whether it took effect, by what the trace says: warnings, incidents and refusals did not. */
export function succeeded({
  traceRating,
  code,
}: {
  readonly traceRating: string;
  readonly code: string | null;
}): boolean {
  return traceRating === 'normal' && (code === null || !(code.startsWith('4') || code.startsWith('5')));
}

/** Whether what is wished for can be asked at all, and whether it is there already. */
import { type Definition, UNLIMITED } from '../../quotas/core/definition.js';
import { exceeds } from '../../quotas/core/limits.js';
import { isLater, type Consent } from './approvals.js';

export interface WishProblem {
  /** Of the wire member. */
  readonly member: 'quota_key' | 'desired' | 'until' | 'granted';
  readonly message: string;
}

/** @param definition of the key; null where there is none */
export function wishProblems(
  { limit, untilMs }: Consent,
  definition: Pick<Definition, 'key' | 'hardLimit'> | null,
  nowMs: number,
): WishProblem[] {
  const problems: WishProblem[] = [];
  if (definition === null) problems.push({ member: 'quota_key', message: 'is not a quota that is defined' });
  const most = definition?.hardLimit ?? UNLIMITED;
  if (exceeds(limit, most)) problems.push({ member: 'desired', message: `must be at most ${String(most)}` });
  if (untilMs !== null && untilMs <= nowMs) problems.push({ member: 'until', message: 'must be later than now' });
  return problems;
}

/**
 * Whether nothing has to change for the limit to be there: now, and where it is wished for until an instant, until then.
 *
 * @param atEnd the limit just before that instant, as far as it is known
 */
export function isSatisfied({ limit, untilMs }: Consent, now: number, atEnd: number): boolean {
  return !exceeds(limit, now) && (untilMs === null || !exceeds(limit, atEnd));
}

/** What is wrong with consenting to that much of the wish: never more than was asked for, never nothing. */
export function consentProblems(consent: Consent, wish: Consent, nowMs: number): WishProblem[] {
  const problems: WishProblem[] = [];
  if (exceeds(consent.limit, wish.limit))
    problems.push({ member: 'granted', message: `must be at most the ${String(wish.limit)} that are asked for` });
  if (isLater(consent.untilMs, wish.untilMs))
    problems.push({ member: 'until', message: 'must not be later than what is asked for' });
  if (consent.untilMs !== null && consent.untilMs <= nowMs)
    problems.push({ member: 'until', message: 'must be later than now' });
  return problems;
}

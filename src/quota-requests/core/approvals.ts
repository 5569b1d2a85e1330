/** When what several approvers consent to is a decision. */
import { exceeds } from '../../quotas/core/limits.js';

/** What an approver consents to: also to every lower limit, and every shorter time. */
export interface Consent {
  readonly limit: number;
  /** Epoch ms; null: without end. */
  readonly untilMs: number | null;
}

export interface Approval extends Consent {
  /** One and the same however it was authenticated. */
  readonly approver: string;
}

/**
 * The greatest limit, and for it the longest time, that enough different approvers consent to; null while there is none.
 *
 * @param quorumOf how many it takes for a limit
 */
export function agreedOn(approvals: readonly Approval[], quorumOf: (limit: number) => number): Consent | null {
  const agreed = approvals.filter((wanted) => supportersOf(approvals, wanted) >= quorumOf(wanted.limit));
  const [best] = [...agreed].sort(
    (left, right) => descending(left.limit, right.limit) || laterFirst(left.untilMs, right.untilMs),
  );
  return best === undefined ? null : { limit: best.limit, untilMs: best.untilMs };
}

export function supportersOf(approvals: readonly Approval[], wanted: Consent): number {
  const supporting = approvals.filter(
    ({ limit, untilMs }) => !exceeds(wanted.limit, limit) && !isLater(wanted.untilMs, untilMs),
  );
  return new Set(supporting.map(({ approver }) => approver)).size;
}

/** Whether the first instant is after the second; null is after all others. */
export function isLater(untilMs: number | null, other: number | null): boolean {
  return other !== null && (untilMs === null || untilMs > other);
}

function descending(left: number, right: number): number {
  return exceeds(left, right) ? -1 : exceeds(right, left) ? 1 : 0;
}

function laterFirst(left: number | null, right: number | null): number {
  return isLater(left, right) ? -1 : isLater(right, left) ? 1 : 0;
}

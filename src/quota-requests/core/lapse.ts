/** What time alone does to open requests. Instants are epoch ms. */
import type { Priority, RequestRules } from './request-rules.js';
import type { RequestState } from './request-states.js';

export interface AgingRequest {
  readonly state: RequestState;
  readonly priority: Priority;
  readonly untilMs: number | null;
  /** When something was last said or done. */
  readonly updatedAt: number;
  readonly dueAt: number;
  readonly pausedAt: number | null;
  readonly reminders: number;
}

/** `silent`: a question was not answered; `stale`: nobody did anything; `overtaken`: it was wished for until an instant that is past. */
export type Lapse = 'silent' | 'stale' | 'overtaken';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** Of an open request. */
export function lapseOf(request: AgingRequest, rules: RequestRules, nowMs: number): Lapse | null {
  const quietMs = nowMs - request.updatedAt;
  if (request.untilMs !== null && request.untilMs <= nowMs) return 'overtaken';
  if (request.state === 'needs_info' && quietMs >= rules.silentDays * DAY_MS) return 'silent';
  return quietMs >= rules.openDays * DAY_MS ? 'stale' : null;
}

/** How often approvers should have been told: 0 not yet, 1 reminded, 2 that it is overdue. Not while the requester is asked. */
export function remindersDue(request: AgingRequest, rules: RequestRules, nowMs: number): number {
  if (request.pausedAt !== null) return 0;
  if (nowMs >= request.dueAt) return 2;
  const leftMs = (rules.slaHours[request.priority] * HOUR_MS * (100 - rules.remindAtPercent)) / 100;
  return nowMs >= request.dueAt - leftMs ? 1 : 0;
}

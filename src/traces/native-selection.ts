/** Turns what a caller asked into what is read: whose traces, within which bounds, and only what may be afforded. */
import { HOUR_MS } from '../kernel/clock.js';
import { AppError } from '../kernel/errors.js';
import type { Principal } from '../kernel/principal.js';
import type { TimeWindow } from '../kernel/time-window.js';
import { canonicalFilters } from './core/native-filters.js';
import { isTextAffordable, type TraceSelection } from './core/native-query.js';
import type { RowFilter } from './trace-filter.store.js';

/** An absent `to` means everything stored: senders' clocks may be some minutes ahead of ours. */
const AHEAD_MS = HOUR_MS;

/** @throws AppError QST.Forbidden unless the domain is the caller's own or the caller is an operator */
export function domainFor(principal: Principal, domainId: string | null): string {
  if (domainId === null || domainId === principal.domainId) return principal.domainId;
  if (principal.isOperator) return domainId;
  throw new AppError('QST.Forbidden', 'You are not authorized to perform this operation: domain_id is not your own.');
}

/**
 * What is kept begins at `oldestMs`; an earlier `from` is clamped to it.
 *
 * @throws AppError QST.BadRequest for a text in too much, QST.Forbidden as {@link domainFor}
 */
export function rowFilter(principal: Principal, selection: TraceSelection, nowMs: number, oldestMs: number): RowFilter {
  const domainId = domainFor(principal, selection.domainId);
  const window = windowOf(selection, nowMs, oldestMs);
  const sought = Math.min(window.toMs, nowMs) - window.fromMs;
  if (!isTextAffordable(selection, sought)) {
    const message = 'needs another filter, or from and to at most 24 hours apart';
    throw new AppError('QST.BadRequest', 'The request is not valid', { problems: [{ path: 'query.text', message }] });
  }
  return { domainId, window, filters: selection.filters, text: selection.text };
}

export function windowOf({ fromMs, toMs }: TraceSelection, nowMs: number, oldestMs: number): TimeWindow {
  const from = Math.max(fromMs ?? oldestMs, oldestMs);
  return { fromMs: from, toMs: toMs ?? nowMs + AHEAD_MS };
}

/** The same for the same question; the bounds as the caller gave them, since an absent one moves with the clock. */
export function canonicalSelection({ fromMs, toMs, filters, text }: TraceSelection): string {
  return JSON.stringify([fromMs, toMs, canonicalFilters(filters), text]);
}

/** Names of events, what a webhook subscribes to, and when an attempt to deliver is made again. */
import { backoffDelayMs } from '../../kernel/backoff.js';

/** Attempts of one delivery before it is given up: about seven hours. */
export const MOST_TRIES = 16;
const BACKOFF = { baseMs: 10_000, maxMs: 3_600_000 };
/** The receiver says that it is gone for good (RFC 9110 §15.5.11). */
const GONE = 410;

/** Parts of lower-case letters, digits and `_`, separated by dots, e.g. `quota.threshold`. */
export function isEventName(text: string): boolean {
  return text.length <= 100 && text.split('.').every(isPart);
}

/** An event's name, `*` for all, or `quota.*` for all that begin so. */
export function isSubscription(text: string): boolean {
  if (text === '*') return true;
  return isEventName(text.endsWith('.*') ? text.slice(0, -2) : text);
}

function isPart(part: string): boolean {
  return /^[a-z0-9_]+$/.test(part);
}

/** All subscriptions that an event fits. */
export function subscriptionsOf(event: string): string[] {
  const parts = event.split('.');
  return ['*', ...parts.slice(0, -1).map((_, index) => `${parts.slice(0, index + 1).join('.')}.*`), event];
}

/** What came of an attempt; `status` null where there was no answer. */
export type Verdict =
  | { readonly state: 'delivered' }
  | { readonly state: 'pending'; readonly delayMs: number }
  | { readonly state: 'failed' };

/**
 * @param tries attempts made, this one among them; at least 1
 * @param random 0 ≤ random < 1
 */
export function judgeAttempt(status: number | null, tries: number, random: number): Verdict {
  if (status !== null && status >= 200 && status < 300) return { state: 'delivered' };
  if (status === GONE || tries >= MOST_TRIES) return { state: 'failed' };
  return { state: 'pending', delayMs: backoffDelayMs(tries - 1, BACKOFF, random) };
}

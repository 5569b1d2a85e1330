/** Instants as tickets write them: UTC with a Z, which the official clients read; in queries also without a zone. */
import { calendarMs, offsetMinutes, parseInstant } from '../../kernel/time-window.js';
import { DEFAULT_TIME_ZONE } from './wire-ticket-configuration.js';

const ZONE = /^(?:GMT|UTC)(?:([+-])(\d{1,2})(?::?(\d\d))?)?$/i;
const LOCAL = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d):(\d\d))?$/;

/** Minutes east of UTC that the header `X-Time-Zone` tells, `GMT+8` without it; null for what is no such zone. */
export function zoneMinutes(header: string | undefined): number | null {
  const match = ZONE.exec(header === undefined || header === '' ? DEFAULT_TIME_ZONE : header);
  if (match === null) return null;
  const minutes = offsetMinutes(match[1], match[2], match[3] ?? '0');
  return Number.isNaN(minutes) ? null : minutes;
}

/**
 * Epoch ms of what a query says: epoch ms, RFC 3339, or a date with or without a time in the caller's zone. Null for anything else.
 *
 * @param zone minutes east of UTC
 */
export function parseTicketTime(text: string, zone: number): number | null {
  const local = LOCAL.exec(text);
  if (local === null) return parseInstant(text);
  return calendarMs(
    local.slice(1, 7).map((part) => Number((part as string | undefined) ?? '0')),
    zone,
  );
}

/** `2026-11-25T18:00:00.000Z`. */
export function ticketTime(ms: number): string {
  return new Date(ms).toISOString();
}

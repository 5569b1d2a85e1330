/** The time of a trace in every form that senders use (domain/cts.md §1.3), read and written. */
import { uuidV1Time } from '../../kernel/ids.js';
import { calendarMs, offsetMinutes, parseRfc3339 } from '../../kernel/time-window.js';

/** Console rendering: `2016/12/08 11:07:28 GMT+08:00`, also with `-` in the date. */
const CONSOLE = /^(\d{4})([/-])(\d\d)\2(\d\d) (\d\d):(\d\d):(\d\d) GMT([+-])(\d\d):(\d\d)$/;
/** The parts of an RFC 3339 instant whose spelling a rewrite keeps: separator, fraction, offset. */
const RFC_3339_FORM = /^.{10}(.).{8}(\.\d+)?(.+)$/;
/** What nearly all senders write, epoch ms, needs no text. */
const FIRST_OF_13_DIGITS = 1e12;
const FIRST_OF_14_DIGITS = 1e13;
const EPOCH_DIGITS = /^\d+$/;

/** Epoch ms of a wire value: epoch seconds (10 digits), ms (13), µs (16) or ns (19) as number or digits, console form, RFC 3339; else null. */
export function parseTraceTime(value: unknown): number | null {
  if (typeof value === 'number') {
    if (!Number.isInteger(value)) return null;
    return value >= FIRST_OF_13_DIGITS && value < FIRST_OF_14_DIGITS ? value : epochMs(String(value));
  }
  if (typeof value !== 'string') return null;
  if (EPOCH_DIGITS.test(value)) return epochMs(value);
  return parseConsoleTime(value) ?? parseRfc3339(value);
}

/** True for the forms in which only a rendering for people writes times. */
export function isFormattedTime(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && !EPOCH_DIGITS.test(value);
}

/**
 * The time that identifies a trace (design §5): its own record time, else that of its version-1 id, else `time`. Always a
 * function of the content, so that a redelivery has it too. Values as on the wire; null where none of them tells a time.
 */
export function recordTimeOf(recordTime: unknown, traceId: unknown, time: unknown): number | null {
  return parseTraceTime(recordTime) ?? idTime(traceId) ?? parseTraceTime(time);
}

/** `value` moved by `shiftMs` in its own form; a form without milliseconds loses them. What is no time stays as it is. */
export function shiftTimeForm(value: unknown, shiftMs: number): unknown {
  const ms = parseTraceTime(value);
  return ms === null ? value : writeTimeForm(value, ms + shiftMs, true);
}

/** The instant `epoch` (ms) in the form of `value`. What is no time stays as it is. */
export function setTimeForm(value: unknown, epoch: number): unknown {
  return parseTraceTime(value) === null ? value : writeTimeForm(value, epoch, false);
}

function idTime(traceId: unknown): number | null {
  return typeof traceId === 'string' ? uuidV1Time(traceId) : null;
}

function epochMs(digits: string): number | null {
  switch (digits.length) {
    case 13:
      return Number(digits);
    case 10:
      return Number(digits) * 1000;
    case 16:
    case 19:
      // The first 13 digits are the milliseconds. (A number of 19 digits prints those exactly, a division would round.)
      return Number(digits.slice(0, 13));
    default:
      return null;
  }
}

function parseConsoleTime(text: string): number | null {
  const match = CONSOLE.exec(text);
  if (match === null) return null;
  const [, year, , month, day, hour, minute, second, sign, offsetHour, offsetMinute] = match;
  return calendarMs(
    [year, month, day, hour, minute, second].map(Number),
    offsetMinutes(sign, offsetHour, offsetMinute),
  );
}

function writeTimeForm(form: unknown, ms: number, keepTail: boolean): unknown {
  if (typeof form === 'number') return Number(writeEpoch(String(form), ms, keepTail));
  if (typeof form !== 'string') return form;
  if (EPOCH_DIGITS.test(form)) return writeEpoch(form, ms, keepTail);
  return writeConsole(form, ms) ?? writeRfc3339(form, ms, keepTail);
}

function writeEpoch(form: string, ms: number, keepTail: boolean): string {
  if (form.length === 10) return String(Math.floor(ms / 1000));
  return String(ms) + (keepTail ? form.slice(13) : '0'.repeat(form.length - 13));
}

/** `yyyy-MM-ddTHH:mm:ss.SSS` of the wall clock at an offset. */
function wallClock(ms: number, offset: number): string {
  return new Date(ms + offset * 60_000).toISOString().slice(0, 23);
}

function writeConsole(form: string, ms: number): string | null {
  const match = CONSOLE.exec(form);
  if (match === null) return null;
  const clock = wallClock(ms, offsetMinutes(match[8], match[9], match[10]));
  const date = clock.slice(0, 10).replaceAll('-', match[2] ?? '-');
  return `${date} ${clock.slice(11, 19)} ${form.slice(20)}`;
}

function writeRfc3339(form: string, ms: number, keepTail: boolean): string {
  const [, separator = 'T', fraction = '', zone = 'Z'] = RFC_3339_FORM.exec(form) ?? [];
  const offset = zone.length === 6 ? offsetMinutes(zone[0], zone.slice(1, 3), zone.slice(4)) : 0;
  const clock = wallClock(ms, offset);
  const tail = keepTail ? fraction.slice(4) : '0'.repeat(Math.max(0, fraction.length - 4));
  return (
    clock.slice(0, 10) +
    separator +
    clock.slice(11, 19) +
    (fraction && (clock.slice(19) + tail).slice(0, fraction.length)) +
    zone
  );
}

/** Writes a canonical trace back in a wire shape: our own operations leave as `api-v3`; the others serve tests. */
import { isJsonObject, type JsonObject, parseJson } from './json-value.js';
import type { Trace, WireShape } from './trace.js';
import { wireTexts } from './wire.js';

type Members = Record<string, unknown>;

/**
 * The event in `shape`, ready for JSON.stringify. Parsing it gives the same content again, except that `console` has whole
 * seconds only, and `api-v1` has no event type and no tracker. (A user or body with an integer beyond 2^53 loses digits
 * where the shape wants an object.)
 */
export function renderShape(trace: Trace, shape: WireShape): JsonObject {
  switch (shape) {
    case 'api-v3':
      return { ...common(trace), user: parsed(trace.user) };
    case 'file':
      return { ...common(trace), user: trace.user ?? '', code: numeric(trace.code) };
    case 'api-v1':
      return without(
        { ...common(trace), user: trace.user ?? '', code: numeric(trace.code) },
        'event_type',
        'tracker_name',
      );
    case 'api-v2':
      return without({ ...structured(trace), trace_status: trace.traceRating }, 'trace_rating');
    case 'push':
      return { cts: { ...pushed(trace), trace_status: trace.traceRating } };
    case 'console':
      return { ...structured(trace), time: consoleTime(trace.time), record_time: consoleTime(trace.recordTime) };
  }
}

function common(trace: Trace): Members {
  const extra = parseJson(trace.extra ?? '{}');
  return {
    ...(isJsonObject(extra) ? extra : {}),
    ...wireTexts(trace),
    time: trace.time,
    record_time: trace.recordTime,
    read_only: trace.readOnly,
    content_length: trace.contentLength,
    total_time: trace.totalTime,
  };
}

function structured(trace: Trace): Members {
  const { user, request, response, code } = trace;
  return {
    ...common(trace),
    user: parsed(user),
    request: parsed(request),
    response: parsed(response),
    code: numeric(code),
  };
}

/** A push says `{}` and 0 where it knows no body and no code. */
function pushed(trace: Trace): Members {
  const members = structured(trace);
  return {
    ...members,
    request: members['request'] ?? {},
    response: members['response'] ?? {},
    code: members['code'] ?? 0,
  };
}

function without(members: Members, ...names: string[]): Members {
  return Object.fromEntries(Object.entries(members).filter(([name]) => !names.includes(name)));
}

/** The object or array that a text is, else the text. */
function parsed(text: string | null): unknown {
  const value = text === null ? null : parseJson(text);
  return typeof value === 'object' ? (value ?? text) : text;
}

function numeric(code: string | null): string | number | null {
  return code !== null && String(Number(code)) === code && Number.isFinite(Number(code)) ? Number(code) : code;
}

function consoleTime(ms: number): string {
  const clock = new Date(ms + 8 * 3_600_000).toISOString();
  return `${clock.slice(0, 10).replaceAll('-', '/')} ${clock.slice(11, 19)} GMT+08:00`;
}

/**
 * What `npm run replay` does to its lines before it publishes them. A function of lines and options only: the same command
 * for the same instant sends the same bytes, so that its events are recognised.
 */
import { shiftUuidV1, uuidV1, uuidV1Time } from '../../kernel/ids.js';
import { isMissing, type JsonObject } from './json-value.js';
import { editEvent, type EventLine, readEventLine } from './replay-edit.js';
import { recordTimeOf, setTimeForm, shiftTimeForm } from './trace-time.js';

export interface ReplayChange {
  /** Moves every time by so many ms; 0 leaves them. */
  readonly shiftMs: number;
  /** Sets every time to this instant (epoch ms) instead. */
  readonly eachAtMs: number | null;
  /** Written into each event, whatever its own are. */
  readonly own: { readonly domainId: string; readonly projectId: string } | null;
}

/** Record times of all lines that tell one, newest, in epoch ms; null when none does. */
export function newestTime(lines: Iterable<string>): number | null {
  let newest: number | null = null;
  for (const line of lines) {
    const time = eventTime(readEventLine(line));
    if (time !== null && (newest === null || time > newest)) newest = time;
  }
  return newest;
}

/** How far all events move so that the newest comes to `endAtMs`. */
export function shiftTo(endAtMs: number, newest: number | null): number {
  return newest === null ? 0 : endAtMs - newest;
}

/** The line to publish; one that is not a JSON object stays as it is. */
export function transformLine(text: string, change: ReplayChange): string {
  const line = readEventLine(text);
  if (line === null) return text;
  const changes = { ...timeChanges(line.members, change), ...ownChanges(change) };
  return Object.keys(changes).length === 0 ? text : editEvent(line, changes);
}

/**
 * A copy under a fresh version-1 id of the event's record time; a line that tells no time keeps its id, or it would get one.
 *
 * @param sequence number of the copy; each makes another id
 * @param node     16 hex digits of randomness: clock sequence (4) and node (12)
 */
export function withFreshId(text: string, sequence: number, node: string): string {
  const line = readEventLine(text);
  const time = eventTime(line);
  if (line === null || time === null) return text;
  return editEvent(line, { trace_id: freshId(time, sequence, node) });
}

/** Kafka key: the resource, so that its traces stay in order, else the trace. Null where the line names neither. */
export function replayKey(text: string): string | null {
  const members = readEventLine(text)?.members;
  return nonEmptyText(members?.['resource_id']) ?? nonEmptyText(members?.['trace_id']);
}

function eventTime(line: EventLine | null): number | null {
  return line && recordTimeOf(line.members['record_time'], line.members['trace_id'], line.members['time']);
}

function timeChanges(members: JsonObject, { shiftMs, eachAtMs }: ReplayChange): JsonObject {
  if (eachAtMs === null && shiftMs === 0) return {};
  const changes: Record<string, unknown> = {};
  for (const name of ['time', 'record_time']) {
    const value = members[name];
    if (!isMissing(value))
      changes[name] = eachAtMs === null ? shiftTimeForm(value, shiftMs) : setTimeForm(value, eachAtMs);
  }
  // Only where the id itself tells the record time; elsewhere it is but a name.
  const id = members['trace_id'];
  const idMs = typeof id === 'string' && isMissing(members['record_time']) ? uuidV1Time(id) : null;
  if (typeof id === 'string' && idMs !== null) {
    changes['trace_id'] = shiftUuidV1(id, eachAtMs === null ? shiftMs : eachAtMs - idMs);
  }
  return changes;
}

function ownChanges({ own }: ReplayChange): JsonObject {
  return own === null ? {} : { domain_id: own.domainId, project_id: own.projectId };
}

const TICKS_PER_MS = 10_000;

function freshId(time: number, sequence: number, node: string): string {
  const clock = (parseInt(node.slice(0, 4), 16) + Math.floor(sequence / TICKS_PER_MS)) & 0x3fff;
  // The two highest bits of the clock sequence are the variant of RFC 9562.
  const variant = (0x8000 | clock).toString(16);
  return uuidV1(time, sequence % TICKS_PER_MS, variant + node.slice(4));
}

function nonEmptyText(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/**
 * The `marker` of ListTraces and the `next` that repeats it (domain/cts.md §2.2): the id of a page's last trace. Where one id
 * came with several record times, which the protocol does not foresee, `id@record_time` tells which of them is meant.
 */
import { uuidV1Time } from '../kernel/ids.js';
import type { TracePosition } from './trace-query.store.js';

const EXACT = /^(.*)@(\d{13})$/s;

/** The position an exact marker states; null for a plain id. */
export function readExactMarker(marker: string): TracePosition | null {
  const match = EXACT.exec(marker);
  return match?.[1] === undefined ? null : { traceId: match[1], recordTime: Number(match[2]) };
}

/** Whether the plain id means this very record time, whatever others the id came with. */
export function isNaturalTime({ traceId, recordTime }: TracePosition): boolean {
  return uuidV1Time(traceId) === recordTime && readExactMarker(traceId) === null;
}

/** @param siblings record times the id has in this project; a single one needs no telling */
export function writeMarker(last: TracePosition, siblings: readonly number[]): string {
  const plain = readExactMarker(last.traceId) === null && (isNaturalTime(last) || siblings.length <= 1);
  return plain ? last.traceId : `${last.traceId}@${String(last.recordTime)}`;
}

/**
 * The position a plain id means: its natural time if the id was recorded then, else its newest. An id that is not stored
 * (its day has left, say) still says its time if it is a version-1 UUID; null if it is not.
 *
 * @param recorded record times of the id in this project, newest first
 */
export function placePlainMarker(traceId: string, recorded: readonly number[]): TracePosition | null {
  const natural = uuidV1Time(traceId);
  const recordTime = recorded.find((time) => time === natural) ?? recorded[0] ?? natural;
  return recordTime === null ? null : { traceId, recordTime };
}

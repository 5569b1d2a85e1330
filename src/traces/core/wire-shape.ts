/** Tells which wire shape an event has; `WireShape` lists the rules. */
import { isJsonObject, isMissing, type JsonObject } from './json-value.js';
import type { WireShape } from './trace.js';
import { isFormattedTime } from './trace-time.js';

/** The event inside `{"cts":{…}}`, as pushes wrap it; null where the object is itself the event. */
export function envelopedEvent(root: JsonObject): JsonObject | null {
  const inner = root['cts'];
  return isJsonObject(inner) && isMissing(root['trace_id']) ? inner : null;
}

/** @param enveloped whether the event came as the value of `cts` */
export function wireShapeOf(event: JsonObject, enveloped: boolean): WireShape {
  const rated = !isMissing(event['trace_rating']);
  const hasStatus = !isMissing(event['trace_status']);
  if (enveloped || (rated && hasStatus)) return 'push';
  if (isFormattedTime(event['record_time']) || isFormattedTime(event['time'])) return 'console';
  if (hasStatus) return 'api-v2';
  if (typeof event['user'] !== 'string' || event['user'] === '') return 'api-v3';
  return isMissing(event['event_type']) && isMissing(event['tracker_name']) ? 'api-v1' : 'file';
}

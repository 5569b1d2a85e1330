/** Events for the specs of parsing: one that is accepted, changed member by member. */
import { parseTrace } from '../../src/traces/core/parse-trace.js';
import type { Refusal } from '../../src/traces/core/refusal.js';
import type { Trace } from '../../src/traces/core/trace.js';

export const EVENT = {
  trace_id: 'e001ccb9-bc09-11e6-b00b-4b2a61338db6',
  trace_name: 'createNamespace',
  trace_rating: 'normal',
  trace_type: 'ApiCall',
  service_type: 'SWR',
  resource_type: 'usernamespace',
  domain_id: 'd1',
  record_time: 1481066128032,
};
export type Change = Record<string, unknown>;

export const text = (value: Change): string => JSON.stringify({ ...EVENT, ...value });

export function accepted(value: Change | string): Trace {
  const result = parseTrace(typeof value === 'string' ? value : text(value), 1);
  if (!result.ok) throw new Error(`${result.refusal.reason}: ${result.refusal.detail}`);
  return result.trace;
}

export function refused(value: Change | string): Refusal {
  const result = parseTrace(typeof value === 'string' ? value : text(value), 1);
  if (result.ok) throw new Error('was accepted');
  return result.refusal;
}

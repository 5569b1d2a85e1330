import fc from 'fast-check';
import { arbitraryTrace } from '../../../test/cases/arbitrary-trace.js';
import { NATIVE_FIELDS, nativeCells, renderNative } from './native-wire.js';
import type { Trace } from './trace.js';
import { renderTrace } from './wire.js';

/** The row that holds the trace, as the database gives it back. */
function rowOf(trace: Trace): Record<string, unknown> {
  const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return {
    ...Object.fromEntries(Object.entries(trace).map(([name, value]) => [snake(name), value])),
    time: new Date(trace.time),
    record_time: new Date(trace.recordTime),
    content_length: trace.contentLength === null ? null : String(trace.contentLength),
    verdict: null,
  };
}

describe('a native trace', () => {
  it('has the members and types of ListTraces', () => {
    fc.assert(
      fc.property(arbitraryTrace, (trace) => {
        expect(renderNative(rowOf(trace))).toEqual(renderTrace(trace));
      }),
    );
  });

  it('has only the members asked for', () => {
    const row = { trace_name: 'x', verdict: 'deny', user: '{"name":"lin"}', service_type: 'SWR' };
    expect(renderNative(row, ['verdict', 'user'])).toEqual({ verdict: 'deny', user: { name: 'lin' } });
  });

  it('as cells has a place for each field', () => {
    const cells = nativeCells({ trace_name: 'x', time: 5, read_only: false, user: { name: 'lin' } }, NATIVE_FIELDS);
    expect(cells).toHaveLength(NATIVE_FIELDS.length);
    expect(cells.filter((cell) => cell !== '')).toEqual(['5', 'x', '{"name":"lin"}', 'false']);
  });
});

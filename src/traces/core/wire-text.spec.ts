import fc from 'fast-check';
import { arbitraryTrace } from '../../../test/cases/arbitrary-trace.js';
import type { TraceFields } from './trace.js';
import { renderTrace } from './wire.js';
import { pageText, traceTexts } from './wire-text.js';

const one = (fc.sample(arbitraryTrace, { seed: 3, numRuns: 1 })[0] ?? {}) as TraceFields;
const plain = (rows: readonly TraceFields[]): string[] => rows.map((row) => JSON.stringify(renderTrace(row)));

describe('traceTexts', () => {
  it('writes what JSON.stringify makes of the rendered trace', () => {
    fc.assert(
      fc.property(fc.array(arbitraryTrace, { maxLength: 5 }), (traces) => {
        expect(traceTexts(traces)).toEqual(plain(traces));
      }),
    );
  });

  it.each([
    ['quotes and backslashes', 'a"b\\c'],
    ['control characters', 'a\n\t\u0001\u001fb'],
    ['separators that JSON leaves alone', '\u2028\u2029\u007f'],
    ['pairs of surrogates', '\u{1f600}'],
    ['half a pair', 'a\ud800b'],
  ])('escapes %s as JSON does', (_, text) => {
    const rows = [{ ...one, traceName: text, request: text, user: text, resourceName: text }];
    expect(traceTexts(rows)).toEqual(plain(rows));
  });

  it.each([
    ['free text', 'lin'],
    ['an empty text', ''],
    ['an object with white space', '{ "name" : "lin", "id": 7 }'],
    ['members out of type', '{"name":null,"principal_is_root_user":true,"invoked_by":"x","domain":{"id":1}}'],
    ['members nobody knows', '{"z":{"a":[1,null]},"__proto__":1,"name":"lin"}'],
  ])('shows a user that is %s with the types of the schema', (_, user) => {
    const rows = [
      { ...one, user },
      { ...one, user },
    ];
    expect(traceTexts(rows)).toEqual(plain(rows));
  });

  it.each([0, -0, 1.5, 1e21, Number.MAX_SAFE_INTEGER])('writes the number %p', (number) => {
    const rows = [{ ...one, contentLength: number, totalTime: number }];
    expect(traceTexts(rows)).toEqual(plain(rows));
  });
});

describe('pageText', () => {
  it.each([null, 'd0bbe800-1c7c-11f1-8000-8000a1b2c3d4', 'an "odd" id'])('has the marker %p', (marker) => {
    const answer = { meta_data: { count: 1, marker }, traces: [renderTrace(one)] };
    expect(pageText([one], marker)).toBe(JSON.stringify(answer));
  });

  it('is an answer without traces', () => {
    expect(JSON.parse(pageText([], null))).toEqual({ meta_data: { count: 0, marker: null }, traces: [] });
  });
});

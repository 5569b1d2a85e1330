import fc from 'fast-check';
import {
  carriedHeaders,
  keepHeaders,
  MOST_HEADER_BYTES,
  MOST_HEADERS,
  readHeaders,
  type StoredHeaders,
  writeHeaders,
} from './kept-headers.js';

const bytes = (text: string): Buffer => Buffer.from(text);
const names = (headers: Parameters<typeof keepHeaders>[0]) => keepHeaders(headers).kept.map(({ name }) => name);
const many = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`h${String(n)}`, bytes('v')]));

describe('the headers kept of a refused record', () => {
  it('are read from the table as they were kept', () => {
    const name = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0') && text !== '__proto__');
    const value = fc.uint8Array({ maxLength: 2_000 }).map((array) => Buffer.from(array));
    const headers = fc.dictionary(name, fc.oneof(value, fc.array(value, { maxLength: 3 })), { maxKeys: 90 });
    fc.assert(
      fc.property(headers, (given) => {
        const kept = keepHeaders(given);
        const stored = writeHeaders(kept);
        expect(readHeaders(stored === null ? null : (JSON.parse(stored) as StoredHeaders))).toEqual(kept);
        const came = Object.values(given).flat().length;
        expect(kept.kept.length + kept.leftOut).toBe(came);
        expect(kept.kept.length).toBeLessThanOrEqual(MOST_HEADERS);
        const size = kept.kept.reduce((sum, one) => sum + Buffer.byteLength(one.name) + one.value.length, 0);
        expect(size).toBeLessThanOrEqual(MOST_HEADER_BYTES);
      }),
    );
  });

  it('are bounded in number, and what is too long is left out whole', () => {
    expect(keepHeaders(many(MOST_HEADERS))).toMatchObject({ leftOut: 0 });
    expect(keepHeaders(many(MOST_HEADERS + 3))).toMatchObject({ leftOut: 3 });
    const long = Buffer.alloc(MOST_HEADER_BYTES - 'a1'.length - 'long'.length);
    expect(names({ a: bytes('1'), long, b: bytes('2') })).toEqual(['a', 'long']);
    expect(names({ a: bytes('12'), long, b: bytes('2') })).toEqual(['a', 'b']);
  });

  it('take no room in the table where there were none', () => {
    expect(writeHeaders(keepHeaders({ gone: undefined }))).toBeNull();
  });

  it('hold no NUL in a name, which no JSON column takes', () => {
    expect(writeHeaders(keepHeaders({ 'a\0b': bytes('x') }))).toBe('{"kept":[["a\uFFFDb","eA=="]],"leftOut":0}');
  });

  it('go on with every value, without those that are named like ours', () => {
    const kept = keepHeaders({
      trace: [bytes('1'), bytes('2')],
      'quaestor-replay': bytes('x'),
      'Quaestor-Reason': bytes('forged'),
      quaestor: bytes('no prefix'),
    });
    expect(carriedHeaders(kept)).toEqual({ trace: [bytes('1'), bytes('2')], quaestor: [bytes('no prefix')] });
  });
});

import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { type CursorScope, decodeCursor, encodeCursor, type JsonValue } from './cursor.js';

const SCOPE: CursorScope = { version: 'traces.1', binding: 'domain/user', filtersHash: 'abc' };
const signWith = (key: string) => (data: string) => createHmac('sha256', key).update(data).digest('base64url');
const sign = signWith('key');
const verify = (data: string, signature: string): boolean => sign(data) === signature;
const PAYLOAD = { at: 1481066128032, id: 'ü😀' };
const cursor = encodeCursor(PAYLOAD, SCOPE, sign);

describe('cursors', () => {
  it('give back what they hold, in characters that a query may hold', () => {
    expect(cursor).toMatch(/^[\w-]+\.[\w-]+$/);
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const payload = JSON.parse(JSON.stringify(value)) as JsonValue;
        expect(decodeCursor(encodeCursor(payload, SCOPE, sign), SCOPE, verify)).toEqual({ ok: true, payload });
      }),
    );
  });

  it.each<[string, Partial<CursorScope>]>([
    ['outdated', { version: 'traces.2' }],
    ['foreign', { binding: 'domain/other' }],
    ['other_filters', { filtersHash: 'abd' }],
  ])('%s', (fault, change) => {
    expect(decodeCursor(cursor, { ...SCOPE, ...change }, verify)).toEqual({ ok: false, fault });
  });

  it('are refused when any character is another', () => {
    fc.assert(
      fc.property(fc.nat(cursor.length - 1), fc.constantFrom('A', 'b', '.', '-', ''), (at, char) => {
        const changed = cursor.slice(0, at) + char + cursor.slice(at + 1);
        expect(decodeCursor(changed, SCOPE, verify).ok).toBe(changed === cursor);
      }),
    );
  });

  it('of another key are forged', () => {
    expect(decodeCursor(encodeCursor(PAYLOAD, SCOPE, signWith('other')), SCOPE, verify)).toEqual({
      ok: false,
      fault: 'forged',
    });
  });

  it.each([[''], ['x'], ['.'], ['.x'], ['a'.repeat(5000) + '.b']])('%j is malformed', (text) => {
    expect(decodeCursor(text, SCOPE, () => true)).toEqual({ ok: false, fault: 'malformed' });
  });

  it('with a signed content that is no cursor are malformed', () => {
    for (const content of ['{}', '[1,2,3]', '"abcd"', 'x']) {
      const data = Buffer.from(content).toString('base64url');
      expect(decodeCursor(`${data}.${sign(data)}`, SCOPE, verify)).toEqual({ ok: false, fault: 'malformed' });
    }
    expect(decodeCursor('!!.x', SCOPE, () => true)).toEqual({ ok: false, fault: 'malformed' });
  });
});

import fc from 'fast-check';
import { AppError } from '../../kernel/errors.js';
import { cursorScope, CursorSigner } from './cursor-signer.js';

const CALLER = { domainId: 'd1', userId: 'u1' };
const SCOPE = cursorScope('letters/1', CALLER, { state: 'new', reason: undefined });
const signer = new CursorSigner(Buffer.alloc(32, 1));

function fault(work: () => unknown): AppError {
  try {
    work();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('was accepted');
}

describe('signed cursors', () => {
  it('bring back what was put in, in every process with the same key', () => {
    const cursor = signer.encode(['1', 2, null], SCOPE);
    expect(cursor).toMatch(/^[A-Za-z0-9_.-]+$/);
    expect(new CursorSigner(Buffer.alloc(32, 1)).decode(cursor, SCOPE)).toEqual(['1', 2, null]);
  });

  it.each([
    ['another caller', cursorScope('letters/1', { domainId: 'd1', userId: 'u2' }, { state: 'new' }), /another caller/],
    ['another domain', cursorScope('letters/1', { domainId: 'd2', userId: 'u1' }, { state: 'new' }), /another caller/],
    ['other filters', cursorScope('letters/1', CALLER, { state: 'dropped' }), /other filters/],
    ['a filter more', cursorScope('letters/1', CALLER, { state: 'new', reason: 'future' }), /other filters/],
    ['another list', cursorScope('traces/1', CALLER, { state: 'new' }), /earlier release/],
  ])('are refused to %s', (_, scope, message) => {
    const refused = fault(() => signer.decode(signer.encode(1, SCOPE), scope));
    expect(refused.code).toBe('QST.BadCursor');
    expect(refused.problems).toEqual([{ path: 'query.cursor', message: expect.stringMatching(message) as string }]);
  });

  it('do not mind the order of filters, nor those that are not set', () => {
    const filters = { domain: undefined, reason: undefined, state: 'new' };
    expect(cursorScope('letters/1', CALLER, filters)).toEqual(SCOPE);
  });

  it('are refused under another key, and with any character changed', () => {
    const cursor = signer.encode(['x'], SCOPE);
    expect(fault(() => new CursorSigner(Buffer.alloc(32, 2)).decode(cursor, SCOPE)).code).toBe('QST.BadCursor');
    fc.assert(
      fc.property(
        fc.nat(cursor.length - 1),
        fc.constantFrom('A', 'b', '7', '-', '_', '.', '!', ' ', 'é'),
        (at, other) => {
          fc.pre(cursor[at] !== other);
          const changed = cursor.slice(0, at) + other + cursor.slice(at + 1);
          expect(fault(() => signer.decode(changed, SCOPE)).code).toBe('QST.BadCursor');
        },
      ),
    );
    for (const text of ['', '.', 'a.b', `${cursor}x`, cursor.slice(0, -1), 'x'.repeat(5_000)])
      expect(fault(() => signer.decode(text, SCOPE)).code).toBe('QST.BadCursor');
  });
});

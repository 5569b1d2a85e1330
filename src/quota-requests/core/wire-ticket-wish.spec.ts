import fc from 'fast-check';
import { readWish, type TicketWish } from './wire-ticket-wish.js';

const FULL = {
  quota_key: 'namespace',
  scope_kind: 'user',
  scope_id: 'u1',
  project_id: 'p1',
  desired: 8,
  until: '2026-12-01T00:00:00Z',
};

const wishOf = (given: unknown, projectId?: string): TicketWish | undefined => {
  const result = readWish(given, projectId);
  return result.ok ? result.wish : undefined;
};
const problemsOf = (given: unknown, projectId?: string): string[] => {
  const result = readWish(given, projectId);
  return result.ok ? [] : result.problems.map(({ key, message }) => `${key}: ${message}`);
};

describe('the wish of a quota ticket', () => {
  it('is read whole', () => {
    expect(wishOf(FULL)).toEqual({
      quotaKey: 'namespace',
      scope: { kind: 'user', projectId: 'p1', id: 'u1' },
      desired: 8,
      untilMs: Date.UTC(2026, 11, 1),
    });
  });

  it('takes numbers as text, as forms send them', () => {
    const until = Date.UTC(2026, 11, 1);
    expect(wishOf({ ...FULL, desired: '8', until: String(until) })).toEqual(wishOf({ ...FULL, until }));
  });

  it.each([
    [
      { scope_kind: 'domain', scope_id: undefined, project_id: undefined },
      { kind: 'domain', projectId: '', id: '' },
    ],
    [
      { scope_kind: 'domain', scope_id: 'd1' },
      { kind: 'domain', projectId: '', id: 'd1' },
    ],
    [
      { scope_kind: 'project', scope_id: 'p2' },
      { kind: 'project', projectId: '', id: 'p2' },
    ],
    [
      { scope_kind: 'project', scope_id: '' },
      { kind: 'project', projectId: '', id: 'p1' },
    ],
    [
      { scope_kind: 'instance', scope_id: 'i1' },
      { kind: 'instance', projectId: 'p1', id: 'i1' },
    ],
    [{ project_id: null }, { kind: 'user', projectId: 'p9', id: 'u1' }],
  ])('%j is the scope %j', (changed, scope) => {
    expect(wishOf({ ...FULL, ...changed }, 'p9')?.scope).toEqual(scope);
  });

  it.each([undefined, null, ''])('without until (%j) it is for good', (until) => {
    expect(wishOf({ ...FULL, until })?.untilMs).toBeNull();
  });

  it('tells every problem at once', () => {
    expect(
      problemsOf({
        quota_key: 'No Key',
        scope_kind: 'user',
        desired: 0,
        until: 'soon',
        colour: 'red',
        scope_id: 'a b',
      }),
    ).toEqual([
      'colour: is not known; there are quota_key, scope_kind, scope_id, project_id, desired, until',
      'quota_key: must be lower-case letters, digits, "_", "." or "-", a letter first',
      'scope_id: must be printable and without blanks',
      'desired: must be an integer from 1 to 1000000000000',
      'project_id: is required: the project of the user',
      'until: must be epoch milliseconds or an RFC 3339 instant',
    ]);
  });

  it.each([
    [{}, ['quota_key: is required', 'scope_kind: is required', 'desired: is required']],
    [{ ...FULL, scope_kind: 'team' }, ['scope_kind: must be one of domain, project, user, instance']],
    [
      { ...FULL, scope_kind: 'project', scope_id: '', project_id: '' },
      ['scope_id: is required: the id of the project'],
    ],
    [{ ...FULL, scope_id: 'x'.repeat(65) }, ['scope_id: must have at most 64 characters']],
    [{ ...FULL, desired: 8.5 }, ['desired: must be an integer from 1 to 1000000000000']],
    [{ ...FULL, desired: 1e21 }, ['desired: must be an integer from 1 to 1000000000000']],
    [{ ...FULL, desired: true }, ['desired: must be text or a number']],
    ['text', [': is required: an object that says what is asked for']],
    [[FULL], [': is required: an object that says what is asked for']],
    [undefined, [': is required: an object that says what is asked for']],
  ])('%j is refused', (given, problems) => {
    expect(problemsOf(given)).toEqual(problems);
  });

  it('never fails on anything that JSON can hold, and answers one or the other', () => {
    const member = fc.oneof(fc.jsonValue(), fc.constantFrom('namespace', 'user', '8', 8));
    const keys = fc.constantFrom('quota_key', 'scope_kind', 'scope_id', 'project_id', 'desired', 'until', '__proto__');
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.dictionary(keys, member)), (given) => {
        const result = readWish(given, undefined);
        if (result.ok) expect(Number.isSafeInteger(result.wish.desired)).toBe(true);
        else expect(result.problems.length).toBeGreaterThan(0);
      }),
    );
  });
});

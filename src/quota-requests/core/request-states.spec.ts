import fc from 'fast-check';
import {
  allowedActions,
  FINAL_STATES,
  isOpen,
  mayStep,
  OPEN_STATES,
  phaseAt,
  REQUEST_ACTIONS,
  REQUEST_STATES,
  type RequestAction,
  type RequestState,
  type Side,
  SIDES,
  stepsOf,
  tableFaults,
  targetOf,
  TRANSITIONS,
} from './request-states.js';

/** Written down a second time, the other way round: what each side may do from each state, and where it leads. */
const EXPECTED: Readonly<Record<Side, Partial<Record<RequestState, Partial<Record<RequestAction, RequestState[]>>>>>> =
  {
    requester: {
      pending: { amend: ['pending'], withdraw: ['withdrawn'] },
      in_review: { withdraw: ['withdrawn'] },
      needs_info: { answer: ['in_review'], withdraw: ['withdrawn'] },
    },
    approver: {
      pending: { review: ['in_review'], approve: ['in_review', 'partially_approved', 'approved'], deny: ['denied'] },
      in_review: { ask: ['needs_info'], approve: ['in_review', 'partially_approved', 'approved'], deny: ['denied'] },
      needs_info: { approve: ['in_review', 'partially_approved', 'approved'], deny: ['denied'] },
    },
    service: {
      pending: { approve: ['approved'], expire: ['expired'], invalidate: ['invalid'] },
      in_review: { expire: ['expired'], invalidate: ['invalid'] },
      needs_info: { expire: ['expired'], invalidate: ['invalid'] },
    },
  };

const EVERYTHING = SIDES.flatMap((side) =>
  REQUEST_STATES.flatMap((from) => REQUEST_ACTIONS.map((action) => ({ side, from, action }))),
);

it.each(EVERYTHING)('$side, $action, from $from: allowed exactly where it should be', ({ side, from, action }) => {
  const expected = EXPECTED[side][from]?.[action] ?? [];
  expect(REQUEST_STATES.filter((to) => mayStep(from, action, side, to)).sort()).toEqual([...expected].sort());
  expect(mayStep(from, action, side)).toBe(expected.length > 0);
  if (expected.length === 1) expect(targetOf(from, action, side)).toBe(expected[0]);
  else expect(() => targetOf(from, action, side)).toThrow(/leads to/);
});

it('takes a question to what is pending for a review first', () => {
  expect(stepsOf('pending', 'ask', 'approver')).toEqual(['review', 'ask']);
  expect(stepsOf('in_review', 'ask', 'approver')).toEqual(['ask']);
  expect(stepsOf('needs_info', 'ask', 'approver')).toBeNull();
  expect(stepsOf('pending', 'ask', 'requester')).toBeNull();
});

it('tells what is allowed', () => {
  expect(allowedActions('pending', 'requester')).toEqual(['amend', 'withdraw']);
  expect(allowedActions('pending', 'approver')).toEqual(['review', 'ask', 'approve', 'deny']);
  expect(allowedActions('needs_info', 'requester')).toEqual(['answer', 'withdraw']);
  for (const state of FINAL_STATES) for (const side of SIDES) expect(allowedActions(state, side)).toEqual([]);
});

it('never leaves a final state, whatever is done in whatever order', () => {
  const step = fc.constantFrom(...TRANSITIONS);
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      let state: RequestState = 'pending';
      let ended = false;
      for (const { from, action, to, by } of steps) {
        const taken = from === state && mayStep(state, action, by[0] ?? 'service', to);
        if (taken) {
          expect(ended).toBe(false);
          state = to;
        }
        ended ||= !isOpen(state);
      }
      expect(ended).toBe(!isOpen(state));
    }),
  );
});

it('lets no side that decides also wish: only the requester amends, answers and withdraws', () => {
  for (const { action, by } of TRANSITIONS)
    expect(by.includes('requester')).toBe(['amend', 'answer', 'withdraw'].includes(action));
});

describe('a table', () => {
  it('that is the one in force has no fault', () => {
    expect(tableFaults(TRANSITIONS)).toEqual([]);
  });

  it.each<[string, typeof TRANSITIONS, RegExp]>([
    ['a step twice', [...TRANSITIONS, ...TRANSITIONS.slice(0, 1)], /twice/],
    [
      'a way out of the end',
      [...TRANSITIONS, { action: 'amend', from: 'denied', to: 'pending', by: ['requester'] }],
      /final/,
    ],
    ['a step for nobody', [...TRANSITIONS, { action: 'ask', from: 'pending', to: 'needs_info', by: [] }], /nobody/],
    ['a state out of reach', TRANSITIONS.filter(({ to }) => to !== 'expired'), /nothing leads to expired/],
    ['a state without an end', TRANSITIONS.filter(({ from }) => from !== 'needs_info'), /needs_info has no end/],
  ])('with %s is refused', (_, table, fault) => {
    expect(tableFaults(table).join('; ')).toMatch(fault);
  });
});

it.each<[string, number, { untilMs: number | null; revokedAtMs: number | null }, string]>([
  ['before it begins', 9, { untilMs: 20, revokedAtMs: null }, 'scheduled'],
  ['when it begins', 10, { untilMs: 20, revokedAtMs: null }, 'applied'],
  ['just before its end', 19, { untilMs: 20, revokedAtMs: null }, 'applied'],
  ['at its end', 20, { untilMs: 20, revokedAtMs: null }, 'ended'],
  ['without an end', 1e15, { untilMs: null, revokedAtMs: null }, 'applied'],
  ['when it is revoked', 15, { untilMs: null, revokedAtMs: 15 }, 'ended'],
  ['revoked before it began', 9, { untilMs: null, revokedAtMs: 5 }, 'ended'],
])('a grant is, %s', (_, nowMs, granted, phase) => {
  expect(phaseAt({ fromMs: 10, ...granted }, nowMs)).toBe(phase);
});

it('names every open state', () => {
  expect(REQUEST_STATES.filter(isOpen)).toEqual([...OPEN_STATES]);
});

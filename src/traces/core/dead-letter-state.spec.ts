import { DEAD_LETTER_STATES, type DeadLetterAction, type DeadLetterState, transition } from './dead-letter-state.js';

type Case = [state: DeadLetterState, whole: boolean, action: DeadLetterAction, outcome: DeadLetterState | RegExp];

const CASES: readonly Case[] = [
  ['new', true, 'replay', 'replayed'],
  ['new', true, 'drop', 'dropped'],
  ['new', false, 'replay', /only the beginning/],
  ['new', false, 'drop', 'dropped'],
  ['replayed', true, 'replay', 'replayed'],
  ['replayed', true, 'drop', 'dropped'],
  ['replayed', false, 'replay', /only the beginning/],
  ['replayed', false, 'drop', 'dropped'],
  ['dropped', true, 'replay', /final/],
  ['dropped', true, 'drop', /final/],
  ['dropped', false, 'replay', /final/],
  ['dropped', false, 'drop', /final/],
];

describe('the states of a dead letter', () => {
  it.each(CASES)('%s, whole: %s: %s → %s', (state, whole, action, outcome) => {
    const result = transition({ state, whole }, action);
    if (outcome instanceof RegExp) expect(result).toEqual({ ok: false, why: expect.stringMatching(outcome) as string });
    else expect(result).toEqual({ ok: true, to: outcome });
  });

  it('has a case for each', () => {
    const named = new Set(CASES.map(([state, whole, action]) => `${state} ${String(whole)} ${action}`));
    expect(named.size).toBe(DEAD_LETTER_STATES.length * 2 * 2);
  });
});

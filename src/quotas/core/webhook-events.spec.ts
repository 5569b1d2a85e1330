import fc from 'fast-check';
import { isEventName, isSubscription, judgeAttempt, MOST_TRIES, subscriptionsOf } from './webhook-events.js';

describe('subscriptions', () => {
  it.each([
    ['quota.threshold', ['*', 'quota.*', 'quota.threshold']],
    ['a.b.c', ['*', 'a.*', 'a.b.*', 'a.b.c']],
    ['ping', ['*', 'ping']],
  ])('of %s', (event, subscriptions) => {
    expect(subscriptionsOf(event)).toEqual(subscriptions);
    expect(subscriptions.every(isSubscription)).toBe(true);
  });

  it.each([
    '',
    '.',
    'quota.',
    '.quota',
    'Quota',
    'quota threshold',
    'quota..x',
    '*.quota',
    'quota*',
    '**',
    'a'.repeat(101),
  ])('%p is none', (text) => {
    expect([isSubscription(text), isEventName(text)]).toEqual([false, false]);
  });

  it('never fit another name', () => {
    const name = fc
      .array(fc.constantFrom('a', 'b', 'ab'), { minLength: 1, maxLength: 3 })
      .map((parts) => parts.join('.'));
    fc.assert(
      fc.property(name, name, (event, other) => {
        expect(subscriptionsOf(event).includes(other)).toBe(event === other);
        expect(subscriptionsOf(event).includes(`${other}.*`)).toBe(event.startsWith(`${other}.`));
      }),
    );
  });
});

describe('an attempt', () => {
  it.each([
    [200, 1, 'delivered'],
    [204, MOST_TRIES, 'delivered'],
    [199, 1, 'pending'],
    [301, 1, 'pending'],
    [404, 1, 'pending'],
    [500, MOST_TRIES - 1, 'pending'],
    [500, MOST_TRIES, 'failed'],
    [410, 1, 'failed'],
    [null, 1, 'pending'],
    [null, MOST_TRIES, 'failed'],
  ])('answered with %p, number %i, leaves it %s', (status, tries, state) => {
    expect(judgeAttempt(status, tries, 0.5).state).toBe(state);
  });

  it('is made again after a wait that grows, up to an hour', () => {
    const delays = Array.from({ length: MOST_TRIES - 1 }, (_, index) => {
      const verdict = judgeAttempt(500, index + 1, 0);
      return verdict.state === 'pending' ? verdict.delayMs : NaN;
    });
    expect(delays).toEqual([...delays].sort((left, right) => left - right));
    expect([delays[0], delays.at(-1)]).toEqual([5_000, 1_800_000]);
  });
});

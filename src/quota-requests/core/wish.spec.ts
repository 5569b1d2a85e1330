import { consentProblems, isSatisfied, wishProblems } from './wish.js';

const known = { key: 'namespace', hardLimit: 50 };

it.each<[string, Parameters<typeof wishProblems>, string[]]>([
  ['what can be had', [{ limit: 8, untilMs: null }, known, 100], []],
  ['as much as there can be', [{ limit: 50, untilMs: 101 }, known, 100], []],
  ['more than there can be', [{ limit: 51, untilMs: null }, known, 100], ['desired']],
  ['everything, where there is a bound', [{ limit: -1, untilMs: null }, known, 100], ['desired']],
  ['everything, where there is none', [{ limit: -1, untilMs: null }, { ...known, hardLimit: null }, 100], []],
  ['what ends now', [{ limit: 8, untilMs: 100 }, known, 100], ['until']],
  ['what nobody knows', [{ limit: 8, untilMs: null }, null, 100], ['quota_key']],
  ['all of it wrong at once', [{ limit: 51, untilMs: 1 }, known, 100], ['desired', 'until']],
])('a wish for %s', (_, wish, members) => {
  expect(wishProblems(...wish).map(({ member }) => member)).toEqual(members);
});

it.each<[number, number | null, number, number, boolean]>([
  [8, null, 5, 5, false],
  [8, null, 8, 5, true],
  [8, null, -1, 5, true],
  [-1, null, 8, 8, false],
  [8, 100, 8, 5, false],
  [8, 100, 8, 9, true],
  [8, 100, 5, 9, false],
])('%d until %p, with %d now and %d then: %p', (limit, untilMs, now, then, satisfied) => {
  expect(isSatisfied({ limit, untilMs }, now, then)).toBe(satisfied);
});

it.each<[string, { limit: number; untilMs: number | null }, { limit: number; untilMs: number | null }, string[]]>([
  ['all of it', { limit: 8, untilMs: null }, { limit: 8, untilMs: null }, []],
  ['less, for a time', { limit: 7, untilMs: 200 }, { limit: 8, untilMs: null }, []],
  ['more', { limit: 9, untilMs: null }, { limit: 8, untilMs: null }, ['granted']],
  ['everything', { limit: -1, untilMs: null }, { limit: 8, untilMs: null }, ['granted']],
  ['for longer', { limit: 8, untilMs: 300 }, { limit: 8, untilMs: 200 }, ['until']],
  ['for ever', { limit: 8, untilMs: null }, { limit: 8, untilMs: 200 }, ['until']],
  ['for what is over', { limit: 8, untilMs: 100 }, { limit: 8, untilMs: 100 }, ['until']],
])('consent to %s', (_, consent, wish, members) => {
  expect(consentProblems(consent, wish, 100).map(({ member }) => member)).toEqual(members);
});

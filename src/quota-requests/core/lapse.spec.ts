import { type AgingRequest, lapseOf, remindersDue } from './lapse.js';
import { rulesFrom, SEEDED_RULES } from './wire-rules.js';

const rules = rulesFrom(SEEDED_RULES);
const DAY = 86_400_000;
const HOUR = 3_600_000;
const request: AgingRequest = {
  state: 'pending',
  priority: 'normal',
  untilMs: null,
  updatedAt: 0,
  dueAt: 48 * HOUR,
  pausedAt: null,
  reminders: 0,
};

it.each<[string, Partial<AgingRequest>, number, string | null]>([
  ['a fresh one', {}, 0, null],
  ['one nobody touched for long', {}, 90 * DAY, 'stale'],
  ['just not yet', {}, 90 * DAY - 1, null],
  ['a question just unanswered', { state: 'needs_info' }, 14 * DAY, 'silent'],
  ['a question still to be answered', { state: 'needs_info' }, 14 * DAY - 1, null],
  ['a review that takes as long', { state: 'in_review' }, 14 * DAY, null],
  ['what was wished for until now', { untilMs: 5 }, 5, 'overtaken'],
  ['what is wished for until later', { untilMs: 6 }, 5, null],
])('%s', (_, change, now, lapse) => {
  expect(lapseOf({ ...request, ...change }, rules, now)).toBe(lapse);
});

it.each<[number, Partial<AgingRequest>, number]>([
  [36 * HOUR - 1, {}, 0],
  [36 * HOUR, {}, 1],
  [48 * HOUR - 1, {}, 1],
  [48 * HOUR, {}, 2],
  [48 * HOUR, { pausedAt: 1, state: 'needs_info' }, 0],
  [47 * HOUR - 1, { priority: 'urgent' }, 0],
  [47 * HOUR, { priority: 'urgent' }, 1],
])('at %d with %j approvers were to be told %d times', (now, change, count) => {
  expect(remindersDue({ ...request, ...change }, rules, now)).toBe(count);
});

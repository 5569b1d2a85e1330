import fc from 'fast-check';
import { agreedOn, type Approval, isLater, supportersOf } from './approvals.js';
import { autoDecision, type AutoFacts } from './auto-decision.js';
import { type AutoRule, quorumOf, type RequestRules, ruleProblems } from './request-rules.js';
import { rulesFrom, SEEDED_RULES } from './wire-rules.js';

const seeded = rulesFrom(SEEDED_RULES);
const rule: AutoRule = {
  name: 'r',
  mode: 'apply',
  quotaKeys: [],
  maxFactor: 2,
  minAccountAgeDays: 30,
  noGrantWithinDays: 10,
  minUsedPercent: 80,
};
const facts: AutoFacts = {
  quotaKey: 'namespace',
  desired: 10,
  given: 5,
  accountAgeDays: 30,
  daysSinceGrant: 10,
  usedPercent: 80,
};

it('seeds rules that are sound and decide nothing by themselves', () => {
  expect(ruleProblems(seeded)).toEqual([]);
  expect(autoDecision(seeded, facts)).toEqual({ decidedBy: null, verdicts: [] });
});

it.each<[string, Partial<RequestRules>, string]>([
  [
    'a factor twice',
    {
      quorum: [
        { aboveFactor: 2, approvers: 2 },
        { aboveFactor: 2, approvers: 3 },
      ],
    },
    'quorum[1]',
  ],
  [
    'fewer for more',
    {
      quorum: [
        { aboveFactor: 2, approvers: 3 },
        { aboveFactor: 4, approvers: 2 },
      ],
    },
    'quorum[1]',
  ],
  ['a name twice', { auto: [rule, rule] }, 'auto[1].name'],
  ['less patience in all than with an answer', { silentDays: 14, openDays: 13 }, 'open_days'],
])('refuses %s', (_, change, path) => {
  expect(ruleProblems({ ...seeded, ...change }).map((problem) => problem.path)).toEqual([path]);
});

it.each<[number, number, number]>([
  [8, 5, 1],
  [10, 5, 1],
  [11, 5, 2],
  [-1, 5, 2],
  [1, 0, 2],
])('%d where %d is the default takes %d', (limit, given, approvers) => {
  expect(quorumOf(seeded, limit, given)).toBe(approvers);
});

describe('a rule in force', () => {
  const rules = { ...seeded, auto: [rule] };

  it('approves at its bounds', () => {
    expect(autoDecision(rules, facts)).toEqual({
      decidedBy: 'r',
      verdicts: [{ rule: 'r', approves: true, failed: [] }],
    });
    expect(autoDecision(rules, { ...facts, daysSinceGrant: null }).decidedBy).toBe('r');
  });

  it.each<[string, Partial<AutoFacts>]>([
    ['max_factor', { given: 4 }],
    ['max_factor', { desired: -1 }],
    ['min_account_age_days', { accountAgeDays: 29 }],
    ['no_grant_within_days', { daysSinceGrant: 9 }],
    ['min_used_percent', { usedPercent: 79 }],
    ['min_used_percent', { usedPercent: null }],
  ])('leaves it to others beyond %s', (bound, change) => {
    const { decidedBy, verdicts } = autoDecision(rules, { ...facts, ...change });
    expect({ decidedBy, verdicts }).toEqual({
      decidedBy: null,
      verdicts: [{ rule: 'r', approves: false, failed: [bound] }],
    });
  });

  it('minds its keys', () => {
    const minding = { ...seeded, auto: [{ ...rule, quotaKeys: ['repo'] }] };
    expect(autoDecision(minding, facts).verdicts).toMatchObject([{ failed: ['quota_keys'] }]);
  });

  it('does nothing in a dry run, and does not take the place of a quorum', () => {
    const rehearsed = autoDecision({ ...seeded, auto: [{ ...rule, mode: 'dry_run' }] }, facts);
    expect(rehearsed).toMatchObject({ decidedBy: null, verdicts: [{ approves: true }] });
    const large = autoDecision({ ...seeded, auto: [{ ...rule, maxFactor: 9 }] }, { ...facts, desired: 11 });
    expect(large).toMatchObject({ decidedBy: null, verdicts: [{ approves: true }] });
  });
});

describe('approvals', () => {
  const two = (limit: number) => (limit > 10 || limit < 0 ? 2 : 1);
  const by = (approver: string, limit: number, untilMs: number | null = null): Approval => ({
    approver,
    limit,
    untilMs,
  });

  it.each<[string, Approval[], { limit: number; untilMs: number | null } | null]>([
    ['nobody', [], null],
    ['one for little', [by('a', 8)], { limit: 8, untilMs: null }],
    ['one for much', [by('a', 20)], null],
    ['two for much', [by('a', 20), by('b', 20)], { limit: 20, untilMs: null }],
    ['the same one twice', [by('a', 20), by('a', 20)], null],
    ['two, of whom one for less', [by('a', 20), by('b', 15)], { limit: 15, untilMs: null }],
    ['two, of whom one for little', [by('a', 20), by('b', 8)], { limit: 8, untilMs: null }],
    ['two, of whom one for a time', [by('a', 20), by('b', 20, 5)], { limit: 20, untilMs: 5 }],
    ['two for everything', [by('a', -1), by('b', -1)], { limit: -1, untilMs: null }],
    ['one for everything, one for much', [by('a', -1), by('b', 20)], { limit: 20, untilMs: null }],
    ['more for a shorter time, less for a longer', [by('a', 20, 5), by('b', 15, 9)], null],
  ])('%s', (_, approvals, agreed) => {
    expect(agreedOn(approvals, two)).toEqual(agreed);
  });

  const approval = fc.record({
    approver: fc.constantFrom('a', 'b', 'c'),
    limit: fc.oneof(fc.constant(-1), fc.integer({ min: 1, max: 30 })),
    untilMs: fc.option(fc.integer({ min: 1, max: 5 })),
  });
  it('decide nothing that fewer than the quorum consented to, whatever their order', () => {
    fc.assert(
      fc.property(fc.array(approval, { maxLength: 5 }), (approvals) => {
        const agreed = agreedOn(approvals, two);
        expect(agreedOn([...approvals].reverse(), two)).toEqual(agreed);
        if (agreed === null) return;
        const willing = approvals.filter(
          ({ limit, untilMs }) =>
            (limit === -1 || (agreed.limit !== -1 && agreed.limit <= limit)) && !isLater(agreed.untilMs, untilMs),
        );
        expect(new Set(willing.map(({ approver }) => approver)).size).toBeGreaterThanOrEqual(two(agreed.limit));
        expect(supportersOf(approvals, agreed)).toBe(new Set(willing.map(({ approver }) => approver)).size);
      }),
    );
  });
});

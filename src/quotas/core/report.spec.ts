import fc from 'fast-check';
import { QuotaReport, type ReportedCounter } from './report.js';

const counter = (over: Partial<ReportedCounter>): ReportedCounter => ({
  domainId: 'd',
  quotaKey: 'namespace',
  scope: 'user/p/u',
  unit: 'count',
  limit: 10,
  origin: 'default',
  used: 0,
  reserved: 0,
  isOwn: true,
  isRanked: true,
  ...over,
});

function report(counters: readonly ReportedCounter[], most = 10): QuotaReport {
  const made = new QuotaReport(85, most);
  for (const one of counters) made.add(one);
  return made;
}

describe('QuotaReport', () => {
  it.each([
    ['below', { used: 8 }, [0, 0]],
    ['near', { used: 9 }, [1, 0]],
    ['near by what is reserved', { used: 1, reserved: 8 }, [1, 0]],
    ['full is near', { used: 10 }, [1, 0]],
    ['more than full', { used: 11 }, [0, 1]],
    ['nothing of nothing', { limit: 0 }, [0, 0]],
    ['something of nothing', { limit: 0, used: 1 }, [0, 1]],
    ['unlimited', { limit: -1, used: 1_000 }, [0, 0]],
  ])('%s', (_, over, expected) => {
    const { near, exceeded } = report([counter(over)]);
    expect([near.total, exceeded.total]).toEqual(expected);
  });

  it('sums each unit once, though it counts on several levels', () => {
    const levels = [counter({ used: 3 }), counter({ scope: 'domain', used: 3, isOwn: false, limit: -1 })];
    expect([...report(levels).totals.values()]).toEqual([
      { quotaKey: 'namespace', unit: 'count', scopes: 1, used: 3, reserved: 0, near: 0, exceeded: 0 },
    ]);
  });

  const arbitrary = fc.array(
    fc.record({
      used: fc.integer({ min: 0, max: 20 }),
      reserved: fc.integer({ min: 0, max: 3 }),
      key: fc.constantFrom('a', 'b'),
      user: fc.integer({ min: 0, max: 999 }),
    }),
    { maxLength: 200 },
  );

  it('keeps the greatest of each key, however many there are and in whatever order', () => {
    fc.assert(
      fc.property(arbitrary, fc.integer({ min: 1, max: 5 }), (given, most) => {
        const counters = given.map(({ used, reserved, key, user }) =>
          counter({ used, reserved, quotaKey: key, scope: `user/p/${String(user)}` }),
        );
        const taken = ({ used, reserved }: ReportedCounter): number => used + reserved;
        const found = report(counters, most);
        for (const key of ['a', 'b']) {
          const all = counters
            .filter(({ quotaKey }) => quotaKey === key)
            .map(taken)
            .filter((units) => units > 0);
          const greatest = all.sort((left, right) => right - left).slice(0, most);
          expect(
            found
              .top()
              .filter(({ quotaKey }) => quotaKey === key)
              .map(taken),
          ).toEqual(greatest);
        }
        expect(found.exceeded.total).toBe(counters.filter(({ used }) => used > 10).length);
        expect(found.near.rows().length).toBeLessThanOrEqual(most);
      }),
    );
  });
});

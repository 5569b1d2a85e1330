import fc from 'fast-check';
import { seeded } from './wire-definition.js';
import { activeGrant, effectiveLimit, exceeds, NOTHING_SET } from './limits.js';

const namespace = seeded('namespace');
const ofInstance = { ...seeded('namespace_quota'), specLimits: { 'swr.ee.basic': 10 } };

describe('the effective limit', () => {
  it.each([
    ['the default', namespace, 'user', {}, 5, 'default'],
    ['a grant over it', namespace, 'user', { grant: 8 }, 8, 'grant'],
    ['an override over both', namespace, 'user', { grant: 8, override: 2 }, 2, 'override'],
    ['an unlimited override', namespace, 'user', { override: -1 }, -1, 'override'],
    ['nothing at the levels above', namespace, 'project', {}, -1, 'unset'],
    ['what is set at the levels above', namespace, 'domain', { override: 20 }, 20, 'override'],
    ['the spec of an instance', ofInstance, 'instance', { spec: 'swr.ee.basic' }, 10, 'spec'],
    ['a grant over the spec', ofInstance, 'instance', { spec: 'swr.ee.basic', grant: 30 }, 30, 'grant'],
    ['the default where the spec is not known', ofInstance, 'instance', { spec: 'toString' }, -1, 'default'],
    ['nothing without a definition', null, 'user', {}, -1, 'unset'],
  ] as const)('is %s', (_, definition, kind, sources, limit, origin) => {
    expect(effectiveLimit(definition, kind, { ...NOTHING_SET, ...sources })).toMatchObject({ limit, origin });
  });

  it('without a definition is only observed', () => {
    expect(effectiveLimit(null, 'user', NOTHING_SET).mode).toBe('observe');
  });
});

describe('a grant', () => {
  it('holds from its first instant to before its last', () => {
    const grants = [{ limit: 8, fromMs: 100, untilMs: 200 }];
    expect([99, 100, 199, 200].map((at) => activeGrant(grants, at))).toEqual([null, 8, 8, null]);
  });

  it('beside others gives way to the most generous', () => {
    const at = (limit: number) => ({ limit, fromMs: 0, untilMs: 10 });
    expect(activeGrant([at(3), at(8), at(5)], 5)).toBe(8);
    expect(activeGrant([at(3), at(-1), at(5)], 5)).toBe(-1);
  });
});

it('takes unlimited for more than anything', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0 }), fc.integer({ min: 0 }), (left, right) => {
      expect(exceeds(left, right)).toBe(left > right);
      expect(exceeds(-1, right)).toBe(true);
      expect(exceeds(left, -1)).toBe(false);
      expect(exceeds(-1, -1)).toBe(false);
    }),
  );
});

import { apiClassOf } from './rate-classes.js';
import { apiRateQuotas } from './wire-rates.js';

describe('the class of a request', () => {
  it.each([
    ['GET', '/healthz', true, null],
    ['GET', '/metrics', true, null],
    ['POST', '/v3/auth/tokens', true, 'sign_in'],
    ['GET', '/v3/:project_id/traces', false, 'read'],
    ['HEAD', '/v3/auth/tokens', false, 'read'],
    ['DELETE', '/v3/auth/tokens', false, 'write'],
    ['GET', '/v1/traces', false, 'read'],
    ['GET', '/v1/traces/export', false, 'bulk'],
    ['GET', '/v1/quota-requests/export', false, 'bulk'],
    ['POST', '/v1/policies/replay', false, 'bulk'],
    ['POST', '/v1/quotas/replay', false, 'bulk'],
    ['POST', '/v1/ingest/dead-letters/:id/replay', false, 'write'],
    ['POST', '/access/v1/evaluation', false, 'decide'],
    ['POST', '/v1/policies/simulate', false, 'decide'],
    ['POST', '/v1/quotas/reservations/:id/commit', false, 'reserve'],
    ['POST', '/v1/quotas/check', false, 'reserve'],
    ['PUT', '/v1/quotas/limits', false, 'write'],
  ] as const)('%s %s', (method, route, isPublic, expected) => {
    expect(apiClassOf(method, route, isPublic)).toBe(expected);
  });

  it('has a quota on each plane, which the factor multiplies', () => {
    const [once, twice, little] = [apiRateQuotas(1), apiRateQuotas(2), apiRateQuotas(0.001)];
    for (const apiClass of ['read', 'write', 'bulk', 'decide', 'reserve'] as const) {
      const { limit, windowMs, burst } = once.of(apiClass, 'tenant');
      expect(once.of(apiClass, 'operator').limit).toBeGreaterThan(limit);
      expect(twice.of(apiClass, 'tenant')).toEqual({ limit: limit * 2, windowMs, burst: burst * 2 });
      expect(little.of(apiClass, 'tenant').burst).toBe(1);
    }
  });
});

/** The rate quotas of the installation, as data (docs/quotas.md, "Rate quotas"). */
import rates from '../data/rate-quotas.json' with { type: 'json' };
import type { RateLimit } from './gcra.js';
import type { ApiClass } from './rate-classes.js';

export type RegistryClass = keyof typeof rates.registry;
export const REGISTRY_CLASSES = Object.keys(rates.registry) as RegistryClass[];

export interface ApiRateQuotas {
  /** By plane of the caller. */
  readonly of: (apiClass: ApiClass, plane: 'tenant' | 'operator') => RateLimit;
  readonly signIn: RateLimit;
}

/** @param factor multiplies limits and bursts; a burst is at least 1 */
export function apiRateQuotas(factor: number): ApiRateQuotas {
  return {
    of: (apiClass, plane) => scaled(rates.api[apiClass][plane], factor),
    signIn: scaled(rates.sign_in, factor),
  };
}

export function registryRateQuota(registryClass: RegistryClass): RateLimit {
  return scaled(rates.registry[registryClass], 1);
}

function scaled(wire: { limit: number; window_seconds: number; burst: number }, factor: number): RateLimit {
  return {
    limit: wire.limit * factor,
    windowMs: wire.window_seconds * 1_000,
    burst: Math.max(1, Math.round(wire.burst * factor)),
  };
}

/** `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10), and `Retry-After` where one must wait. */
import type { RateDecision, RateLimit } from './core/gcra.js';

/** `q`: the burst, what may be asked at once; `w`: seconds in which it comes back; `r`: what is left of it; `t`: seconds until it is whole. */
export function rateHeaders(name: string, rate: RateLimit, decision: RateDecision): Record<string, string> {
  const window = Math.ceil((rate.burst * rate.windowMs) / rate.limit / 1_000);
  return {
    'ratelimit-policy': `"${name}";q=${String(rate.burst)};w=${String(window)}`,
    ratelimit: `"${name}";r=${String(decision.remaining)};t=${String(Math.ceil(decision.resetMs / 1_000))}`,
    ...(decision.allowed ? {} : { 'retry-after': String(Math.max(1, Math.ceil(decision.retryAfterMs / 1_000))) }),
  };
}

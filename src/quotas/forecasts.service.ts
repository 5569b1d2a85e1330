/** Says when quotas will be full (core/forecast.ts). */
import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '../kernel/clock.js';
import { CLOCK } from '../platform/tokens.js';
import { UNLIMITED } from './core/definition.js';
import { FORECAST_WINDOW_MS, forecastFullAt } from './core/forecast.js';
import { scopeKey } from './core/scope.js';
import { counterName } from './counters.store.js';
import { ForecastsStore } from './forecasts.store.js';
import type { QuotaUsage } from './quota-usage.js';

@Injectable()
export class Forecasts {
  constructor(
    private readonly store: ForecastsStore,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** In the order of the quotas; epoch ms, or null where nothing can be said. */
  async of(domainId: string, quotas: readonly QuotaUsage[]): Promise<(number | null)[]> {
    const nowMs = this.clock.now();
    const idOf = ({ quotaKey, scope }: QuotaUsage) => ({ domainId, quotaKey, scope: scopeKey(scope) });
    const filling = quotas.filter(({ state }) => state.limit !== UNLIMITED && !state.closed && state.used > 0);
    const steps = await this.store.steps(filling.map(idOf), nowMs - FORECAST_WINDOW_MS);
    return quotas.map((quota) => {
      const { used, reserved, limit } = quota.state;
      const known = (steps.get(counterName(idOf(quota))) ?? []).map((step) => ({
        ...step,
        at: Math.min(step.at, nowMs),
      }));
      return forecastFullAt({ steps: known, used, reserved, limit, nowMs });
    });
  }
}

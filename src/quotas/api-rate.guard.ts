/** The rate quotas of our own API: each principal has one for each class of operations, each address one for signing in. */
import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../kernel/clock.js';
import { AppError } from '../kernel/errors.js';
import type { Config } from '../platform/config/config.schema.js';
import { codeFor, familyOf } from '../platform/http/api-family.js';
import { clientAddress } from '../platform/http/requires.js';
import { Metrics } from '../platform/metrics/metrics.js';
import { CLOCK, CONFIG } from '../platform/tokens.js';
import { apiClassOf } from './core/rate-classes.js';
import { apiRateQuotas, type ApiRateQuotas } from './core/wire-rates.js';
import { RateBuckets } from './rate-buckets.js';
import { rateHeaders } from './rate-headers.js';

/** Some 10 MB. */
const MOST_BUCKETS = 100_000;

@Injectable()
export class ApiRateGuard implements CanActivate {
  private readonly buckets = new RateBuckets(MOST_BUCKETS);
  private readonly quotas: ApiRateQuotas | null;
  private readonly limited;

  constructor(
    @Inject(CONFIG) { API_RATE_FACTOR }: Pick<Config, 'API_RATE_FACTOR'>,
    @Inject(CLOCK) private readonly clock: Clock,
    metrics: Metrics,
  ) {
    this.quotas = API_RATE_FACTOR === 0 ? null : apiRateQuotas(API_RATE_FACTOR);
    this.limited = metrics.counter({
      name: 'quaestor_http_rate_limited_total',
      help: 'Requests refused because their caller was over a rate quota',
      labelNames: ['class'],
    });
  }

  /** Runs behind the guard that authenticates: whom it refuses, this one does not see. */
  canActivate(context: ExecutionContext): boolean {
    if (this.quotas === null) return true;
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const { principal } = request;
    const apiClass = apiClassOf(request.method, request.routeOptions.url ?? '', principal === undefined);
    if (apiClass === null) return true;
    const [key, rate] =
      apiClass === 'sign_in' || principal === undefined
        ? [clientAddress(request), this.quotas.signIn]
        : [
            `${principal.domainId}/${principal.userId}`,
            this.quotas.of(apiClass, principal.isOperator ? 'operator' : 'tenant'),
          ];
    const decision = this.buckets.take(`${apiClass} ${key}`, rate, this.clock.now());
    void http.getResponse<FastifyReply>().headers(rateHeaders(apiClass, rate, decision));
    if (decision.allowed) return true;
    this.limited.inc({ class: apiClass });
    throw new AppError(
      codeFor('throttled', familyOf(request.url)),
      `The throttling threshold has been reached: ${apiClass} over ratelimit, limit: ${String(rate.limit)}, time: ${String(rate.windowMs / 1_000)} second.`,
      { details: { retry_after_ms: decision.retryAfterMs } },
    );
  }
}

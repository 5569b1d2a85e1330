/** Logs one line for each answered request: who, what and how long; never a query, a header or a body. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Logger } from './logger.js';

/** Asked every few seconds by probes and scrapers; of interest only when they fail. */
const QUIET_ROUTES = new Set(['/healthz', '/readyz', '/metrics']);

export function registerRequestLog(fastify: FastifyInstance, log: Logger): void {
  fastify.addHook('onResponse', (request, reply, done) => {
    const route = request.is404 ? null : (request.routeOptions.url ?? null);
    const quiet = route !== null && QUIET_ROUTES.has(route) && reply.statusCode < 400;
    log[quiet ? 'debug' : 'info']('request', {
      request_id: request.id,
      method: request.method,
      route,
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 10) / 10,
      ...caller(request),
    });
    done();
  });
}

function caller({ principal }: FastifyRequest): Record<string, string> {
  return principal === undefined ? {} : { user_id: principal.userId, domain_id: principal.domainId };
}

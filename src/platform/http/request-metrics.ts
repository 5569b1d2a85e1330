/** Measures every answered request by method, route template and class of status. */
import type { FastifyInstance } from 'fastify';
import type { Metrics } from '../metrics/metrics.js';

const BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export function observeRequests(fastify: FastifyInstance, metrics: Metrics): void {
  const duration = metrics.histogram({
    name: 'quaestor_http_request_duration_seconds',
    help: 'Time from the arrival of a request to the end of its answer.',
    labelNames: ['method', 'route', 'status'],
    buckets: BUCKETS_S,
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    // The template, never the path: the number of series must not grow with the callers' ids.
    const route = request.is404 ? 'unknown' : (request.routeOptions.url ?? 'unknown');
    const status = `${String(Math.trunc(reply.statusCode / 100))}xx`;
    duration.observe({ method: request.method, route, status }, reply.elapsedTime / 1_000);
    done();
  });
}

/** For processes without the role `api`: they answer probes and scrapes, and nothing else exists there. */
import type { FastifyInstance } from 'fastify';
import { AppError } from '../../kernel/errors.js';

const PROBES = new Set(['/healthz', '/readyz', '/metrics']);

export function answerProbesOnly(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, _reply, done) => {
    const path = request.url.split('?', 1)[0] ?? '';
    if (PROBES.has(path)) done();
    else done(new AppError('APIGW.0101', `this process does not serve the API: ${request.method} ${path}`));
  });
}

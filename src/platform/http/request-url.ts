/** Where the caller reached us: links in answers lead back the same way. */
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

export interface RequestUrl {
  /** `http://host:port`, behind a trusted proxy the one it was called by. */
  readonly base: string;
  /** Path and query, as received. */
  readonly path: string;
}

export const CalledUrl = createParamDecorator((_: unknown, context: ExecutionContext): RequestUrl =>
  requestUrl(context.switchToHttp().getRequest<FastifyRequest>()),
);

export function requestUrl(request: FastifyRequest): RequestUrl {
  return { base: `${request.protocol}://${request.host}`, path: request.originalUrl };
}

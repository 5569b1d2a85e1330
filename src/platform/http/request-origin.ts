/** Where a request came from, as traces tell it. */
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { clientAddress } from './requires.js';

export interface RequestOrigin {
  readonly sourceIp: string;
  readonly requestId: string;
  readonly userAgent?: string;
}

export const Origin = createParamDecorator((_: unknown, context: ExecutionContext): RequestOrigin =>
  requestOrigin(context.switchToHttp().getRequest<FastifyRequest>()),
);

const USER_AGENT_LENGTH = 256;

export function requestOrigin(request: FastifyRequest): RequestOrigin {
  const userAgent = request.headers['user-agent']?.slice(0, USER_AGENT_LENGTH);
  return {
    sourceIp: clientAddress(request),
    requestId: request.id,
    ...(userAgent === undefined ? {} : { userAgent }),
  };
}

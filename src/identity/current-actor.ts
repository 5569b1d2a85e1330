/** Who calls and from where, for the handlers of changes that are recorded. Only on routes with `@Requires`. */
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { AppError } from '../kernel/errors.js';
import { requestOrigin } from '../platform/http/request-origin.js';
import type { Actor } from './directory-recorder.service.js';

export const CurrentActor = createParamDecorator((_: unknown, context: ExecutionContext): Actor => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  const { principal, beyondSelf } = request;
  if (principal === undefined || beyondSelf === undefined)
    throw new AppError('QST.Internal', 'a route without @Requires asked for its actor');
  return { principal, origin: requestOrigin(request), beyondSelf };
});

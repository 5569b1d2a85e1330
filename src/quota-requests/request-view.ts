/** What headers say of requests: how a change is wanted, and the ETag of what is shown, as its caller may see it. */
import {
  type CallHandler,
  createParamDecorator,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { map, type Observable } from 'rxjs';
import { AppError } from '../kernel/errors.js';
import { idempotentRequest } from '../platform/http/idempotency.js';
import { entityTag } from '../quotas/index.js';
import type { RequestDetail } from './quota-request.js';
import { RequestAccess } from './request-access.service.js';
import type { ChangeTerms } from './request-changes.service.js';
import { renderRequest, type WireRequest } from './requests.dto.js';

/** `If-Match` and `Idempotency-Key`. Only on routes with `@Requires`. */
export const Terms = createParamDecorator((_: unknown, context: ExecutionContext): ChangeTerms => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  return { ifMatch: request.headers['if-match'], idempotent: idempotentRequest(request) };
});

@Injectable()
export class RequestView implements NestInterceptor<RequestDetail, WireRequest> {
  constructor(private readonly access: RequestAccess) {}

  intercept(context: ExecutionContext, next: CallHandler<RequestDetail>): Observable<WireRequest> {
    const http = context.switchToHttp();
    const { principal } = http.getRequest<FastifyRequest>();
    if (principal === undefined) throw new AppError('QST.Internal', 'a route without @Requires shows a request');
    return next.handle().pipe(
      map((detail) => {
        http.getResponse<FastifyReply>().header('etag', entityTag(detail.request.version));
        return renderRequest(detail, this.access.seesInternal(principal, detail.request));
      }),
    );
  }
}

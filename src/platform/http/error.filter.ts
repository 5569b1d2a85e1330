/** The one global exception filter: answers every error in its API family's shape and logs what the operator needs. */
import { type ArgumentsHost, Catch, type ExceptionFilter, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Logger } from '../logging/logger.js';
import { errorResponse } from './error-response.js';

@Catch()
@Injectable()
export class ErrorFilter implements ExceptionFilter {
  constructor(private readonly log: Logger) {}

  async catch(error: unknown, host: ArgumentsHost): Promise<void> {
    const http = host.switchToHttp();
    await this.answer(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }

  /** Also for errors that come up before routing. */
  async answer(error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const response = errorResponse(error, { method: request.method, path: request.url, requestId: request.id });
    const fields = { request_id: request.id, status: response.status, error_code: response.code };
    // A search that was too wide is the caller's to mend, not the operator's.
    if (response.status >= 500 && response.code !== 'QST.Timeout')
      this.log.error('request failed', { ...fields, error });
    else this.log.debug('request refused', { ...fields, error });
    if (reply.sent || reply.raw.headersSent) {
      // The answer has begun: ending the connection is the only way left to tell that it is not whole.
      reply.raw.destroy();
      return;
    }
    await reply
      .code(response.status)
      .headers(response.headers)
      .header('x-request-id', request.id)
      .type('application/json; charset=utf-8')
      .send(response.body);
  }
}

/**
 * `Idempotency-Key` of creating POSTs (design §10): the same request again, within a day, is answered as the first time and
 * does nothing; the key with another request is refused.
 *
 * Key and answer are written in the transaction that does the work, so that they are there exactly when its effect is,
 * whatever crashes. Requests with the same key at the same time wait for one another.
 */
import { createHash } from 'node:crypto';
import { createParamDecorator, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { AppError } from '../../kernel/errors.js';
import type { Transaction } from '../database/database.js';
import { IdempotencyStore } from './idempotency.store.js';

/** One request that may come again. */
export interface IdempotentRequest {
  readonly domainId: string;
  readonly userId: string;
  readonly key: string;
  /** SHA-256 of method, path and body as received. */
  readonly fingerprint: Buffer;
}

const HEADER = 'idempotency-key';
const KEPT_SECONDS = 86_400;

/** The request as its `Idempotency-Key` names it; null without that header. Only on routes with `@Requires`. */
export const Idempotent = createParamDecorator((_: unknown, context: ExecutionContext): IdempotentRequest | null =>
  idempotentRequest(context.switchToHttp().getRequest<FastifyRequest>()),
);

/** Throws `QST.BadRequest` for a key that is none. */
export function idempotentRequest(request: FastifyRequest): IdempotentRequest | null {
  const key = request.headers[HEADER];
  if (key === undefined) return null;
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(key))
    throw new AppError('QST.BadRequest', 'The request is not valid', {
      problems: [
        { path: 'header.Idempotency-Key', message: 'must be 1 to 255 printable ASCII characters without blanks' },
      ],
    });
  const { principal } = request;
  if (principal === undefined) throw new AppError('QST.Internal', 'a route without @Requires asked for its key');
  const fingerprint = createHash('sha256')
    .update(`${request.method} ${request.originalUrl}\n`)
    .update(request.rawBody ?? '')
    .digest();
  return { domainId: principal.domainId, userId: principal.userId, key, fingerprint };
}

@Injectable()
export class Idempotency {
  constructor(private readonly store: IdempotencyStore) {}

  /**
   * Does `work` in the transaction, or repeats what it answered before. The answer must be JSON and without secrets: it is
   * kept for a day. What `work` throws is not kept, and leaves the key free. Throws `QST.IdempotencyConflict`.
   */
  async once<T>(request: IdempotentRequest | null, transaction: Transaction, work: () => Promise<T>): Promise<T> {
    if (request === null) return work();
    if (!(await this.store.take(request, request.fingerprint, KEPT_SECONDS, transaction)))
      return this.repeat<T>(request, transaction);
    const answer = await work();
    await this.store.keep(request, JSON.stringify(answer), transaction);
    return answer;
  }

  private async repeat<T>(request: IdempotentRequest, transaction: Transaction): Promise<T> {
    const first = await this.store.find(request, transaction);
    if (!first?.fingerprint.equals(request.fingerprint))
      throw new AppError('QST.IdempotencyConflict', 'This Idempotency-Key was used for another request.');
    if (first.answer === null) throw new AppError('QST.Internal', 'an idempotency key was kept without its answer');
    return JSON.parse(first.answer) as T;
  }
}

/** What the reservation API does: forms asks, lets them be answered together, and says in errors why not. */
import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AppError } from '../kernel/errors.js';
import type { Principal } from '../kernel/principal.js';
import { Database } from '../platform/database/database.js';
import { AskReader } from './ask-reader.service.js';
import { levelsOf } from './core/scope.js';
import { QuotaErrors } from './quota-errors.service.js';
import { domainOfReservation, type ReservationAsk, type StoredItem, type StoredReservation } from './reservation.js';
import { ReservationBatch } from './reservation-batch.service.js';
import { type EndOutcome, ReservationEnd } from './reservation-end.service.js';
import { ReservationQueue } from './reservation-queue.js';
import { type Reserve, type Reserved, renderReserved } from './reservations.dto.js';
import { ThresholdNotes } from './threshold-notes.js';

const MS_PER_S = 1_000;

@Injectable()
export class Reservations {
  constructor(
    private readonly queue: ReservationQueue,
    private readonly reader: AskReader,
    private readonly batch: ReservationBatch,
    private readonly ends: ReservationEnd,
    private readonly errors: QuotaErrors,
    private readonly notes: ThresholdNotes,
  ) {}

  /** Throws `QST.Quota.Exceeded`, `.NameTaken`, `.ScopeClosed`, and `QST.IdempotencyConflict`. */
  async reserve(principal: Principal, body: Reserve, idempotencyKey: string | null): Promise<Reserved> {
    const ask = await this.askOf(principal, body, idempotencyKey);
    const outcome = body.dry_run ? await this.batch.rehearse(ask) : await this.queue.add(ask);
    if (outcome.outcome === 'other_request')
      throw new AppError('QST.IdempotencyConflict', 'This Idempotency-Key was used for another request.');
    if (outcome.outcome !== 'granted') throw await this.errors.refused(outcome);
    if (!body.dry_run)
      this.moved(
        ask.domainId,
        ask.items.map(({ quotaKey, scope }) => ({ quotaKey, levels: levelsOf(scope) })),
      );
    return renderReserved(outcome, body.dry_run);
  }

  async show(principal: Principal, id: string): Promise<StoredReservation> {
    const found = await this.ends.find(ownDomain(principal, id), id);
    if (found === null) throw notFound();
    return found;
  }

  async commit(principal: Principal, id: string): Promise<StoredReservation> {
    return this.done(await this.ends.commit(ownDomain(principal, id), id));
  }

  async release(principal: Principal, id: string): Promise<StoredReservation> {
    return this.done(await this.ends.release(ownDomain(principal, id), id));
  }

  async extend(principal: Principal, id: string, ttlSeconds: number): Promise<StoredReservation> {
    return ended(await this.ends.extend(ownDomain(principal, id), id, ttlSeconds * MS_PER_S));
  }

  private done(outcome: EndOutcome): StoredReservation {
    const reservation = ended(outcome);
    this.moved(reservation.domainId, reservation.items);
    return reservation;
  }

  private moved(domainId: string, items: readonly Pick<StoredItem, 'quotaKey' | 'levels'>[]): void {
    this.notes.note(items.flatMap(({ quotaKey, levels }) => levels.map((scope) => ({ domainId, quotaKey, scope }))));
  }

  private async askOf(principal: Principal, body: Reserve, key: string | null): Promise<ReservationAsk> {
    const domainId = await this.reader.domainFor(principal, body.domain_id);
    const { domainId: callerDomain, userId, userName } = principal;
    return {
      domainId,
      caller: { domainId: callerDomain, userId, userName },
      items: await this.reader.items(domainId, body.items, 'required'),
      ttlMs: body.ttl_seconds * MS_PER_S,
      idempotency: key === null ? null : { key, sha256: createHash('sha256').update(JSON.stringify(body)).digest() },
    };
  }
}

/** Statements of the searching pool, for answers that nothing is decided by. */
export function readOnly(database: Database): Pick<Database, 'query'> {
  return { query: (text, values) => database.read(text, values) };
}

/** Another domain's reservation looks like none. */
function ownDomain(principal: Principal, id: string): string {
  const domainId = domainOfReservation(id);
  if (domainId === null || (domainId !== principal.domainId && !principal.isOperator)) throw notFound();
  return domainId;
}

function ended(outcome: EndOutcome): StoredReservation {
  switch (outcome.outcome) {
    case 'done':
      return outcome.reservation;
    case 'absent':
      throw notFound();
    case 'expired':
      throw new AppError(
        'QST.Quota.ReservationExpired',
        'The reservation has expired, and what it held is not free any more.',
      );
    case 'ended':
      throw new AppError('QST.Conflict', `The reservation is ${outcome.reservation.state} already.`);
  }
}

function notFound(): AppError {
  return new AppError('QST.NotFound', 'There is no such reservation.');
}

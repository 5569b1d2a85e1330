/** What a requester does with a ticket: cancels, closes, urges, deletes, scores it. */
import { Injectable } from '@nestjs/common';
import { type Actor, DirectoryRecorder } from '../identity/index.js';
import { AppError } from '../kernel/errors.js';
import type { Transaction } from '../platform/database/database.js';
import { MINUTES_BETWEEN_PRESSES } from './core/wire-ticket-configuration.js';
import { targetOf } from './core/request-states.js';
import { allowedActions, type TicketAction } from './core/wire-ticket-status.js';
import { personOf } from './quota-request.js';
import {
  caseIdOf,
  type QuotaTicket,
  requestIdOf,
  statusOf,
  type TicketDeed,
  type TicketOpinion,
} from './quota-ticket.js';
import { QuotaTicketsStore } from './quota-tickets.store.js';
import { RequestAccess } from './request-access.service.js';
import { type LockedRequest, RequestChanges } from './request-changes.service.js';
import { RequestSteps } from './request-steps.service.js';
import { asTicket, noSuchCase, notNow, notYours } from './ticket-faults.js';

/** What goes with an action. `said`: an opinion, which counts with closing only. */
export interface ActionWords {
  readonly note: string;
  readonly said: TicketOpinion | null;
}

/** Of a ticket under its request's lock. */
type Work = (ticket: QuotaTicket, locked: LockedRequest) => Promise<void>;

const PRESS_WAIT_MS = MINUTES_BETWEEN_PRESSES * 60_000;
/** The names that the ticket service records (ticket guide, "Audit"); for an urge it has none. */
const TRACES = { cancel: 'cancelCase', close: 'closeCase', delete: 'deleteCase', score: 'createScores' } as const;

@Injectable()
export class TicketActions {
  constructor(
    private readonly changes: RequestChanges,
    private readonly steps: RequestSteps,
    private readonly store: QuotaTicketsStore,
    private readonly recorder: DirectoryRecorder,
    private readonly access: RequestAccess,
  ) {}

  /**
   * @throws AppError OSM.01010015, OSM.01010002; QST.QuotaRequest.IllegalTransition with what the status allows; OSM.01010004 for an urge
   *   soon after another
   */
  act(actor: Actor, caseId: string, action: TicketAction, words: ActionWords): Promise<void> {
    return this.change(actor, caseId, action, words.note, async (ticket, locked) => {
      const status = statusOf(ticket);
      if (!allowedActions(status).includes(action)) throw notNow(status, action);
      await this.perform(action, words, locked, actor);
      if (action !== 'press') await this.record(locked.transaction, TRACES[action], ticket, actor);
    });
  }

  /** Once there is a result. Again: in place of what was said before. Throws as {@link act}. */
  score(actor: Actor, caseId: string, opinion: TicketOpinion): Promise<void> {
    return this.change(actor, caseId, 'score', opinion.judgement, async (ticket, locked) => {
      const status = statusOf(ticket);
      if (ticket.request.decision === null) throw notNow(status, 'score');
      await this.store.score(locked.transaction, ticket.request, opinion.judgement, opinion.scores);
      await this.note(locked, { operation: 'score', note: opinion.judgement }, actor);
      await this.record(locked.transaction, TRACES.score, ticket, actor);
    });
  }

  private async perform(
    action: TicketAction,
    { note, said }: ActionWords,
    locked: LockedRequest,
    actor: Actor,
  ): Promise<void> {
    const { transaction, request, nowMs, command } = locked;
    switch (action) {
      case 'cancel': {
        const state = targetOf(request.state, 'withdraw', 'requester');
        const step = { action: 'withdraw', side: 'requester', note, command } as const;
        await this.steps.take(transaction, request, { ...request, state }, step, { actor, nowMs });
        return;
      }
      case 'press': {
        if (!(await this.store.press(transaction, request, PRESS_WAIT_MS))) throw pressedAgain();
        const step = { action: 'press', side: 'requester', note } as const;
        await this.steps.take(transaction, request, request, step, { actor, nowMs });
        return;
      }
      case 'close':
        await this.store.close(transaction, request);
        if (said !== null) await this.store.score(transaction, request, said.judgement, said.scores);
        await this.note(locked, { operation: 'close', note }, actor);
        return;
      case 'delete':
        await this.store.remove(transaction, request);
        await this.note(locked, { operation: 'delete', note }, actor);
    }
  }

  /** A repeated cancellation changes nothing, and is no fault. */
  private async change(actor: Actor, caseId: string, action: string, note: string, work: Work): Promise<void> {
    const id = requestIdOf(actor.principal.domainId, caseId);
    const cancels = action === 'cancel';
    const told = {
      permission: cancels ? 'quota:request:withdraw' : 'quota:request:update',
      action: cancels ? 'withdraw' : action,
      words: { text: note },
    } as const;
    await asTicket(() =>
      this.changes.run(actor, id, told, async (locked) => {
        const ticket = await this.store.find(locked.transaction, locked.request);
        if (ticket === null) throw noSuchCase();
        if (!this.access.isOwn(actor.principal, ticket.request) && !actor.beyondSelf()) throw notYours();
        await work(ticket, locked);
      }),
    );
  }

  private note(
    { transaction, request }: LockedRequest,
    deed: Omit<TicketDeed, 'by'>,
    { principal }: Actor,
  ): Promise<void> {
    return this.store.addDeed(transaction, request, { ...deed, by: personOf(principal) });
  }

  private record(transaction: Transaction, traceName: string, { request }: QuotaTicket, actor: Actor): Promise<void> {
    return this.recorder.record(traceName, caseResource(caseIdOf(request)), actor, transaction);
  }
}

/** The service type is inferred: the ticket guide names only events and resource type. */
export function caseResource(caseId: string) {
  return { service: 'OSM', type: 'case', id: caseId, name: caseId };
}

function pressedAgain(): AppError {
  return new AppError(
    'OSM.01010004',
    `You have asked for the order. Please ask for it later: once in ${String(MINUTES_BETWEEN_PRESSES)} minutes.`,
  );
}

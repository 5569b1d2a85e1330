/** Files tickets: each is a quota request, made as any other. */
import { Injectable } from '@nestjs/common';
import { type Actor, DirectoryRecorder } from '../identity/index.js';
import { AppError, type Problem } from '../kernel/errors.js';
import type { Transaction } from '../platform/database/database.js';
import { scopeKey } from '../quotas/index.js';
import type { NewRequest, QuotaRequest } from './quota-request.js';
import { caseIdOf, type Filing } from './quota-ticket.js';
import { QuotaTicketsStore } from './quota-tickets.store.js';
import { RequestAccess } from './request-access.service.js';
import { type MadeRequest, RequestCreation } from './request-creation.service.js';
import { caseResource } from './ticket-actions.service.js';
import { TicketConfiguration } from './ticket-configuration.service.js';
import { asTicket, notYours } from './ticket-faults.js';

@Injectable()
export class TicketFiling {
  constructor(
    private readonly creation: RequestCreation,
    private readonly configuration: TicketConfiguration,
    private readonly store: QuotaTicketsStore,
    private readonly recorder: DirectoryRecorder,
    private readonly access: RequestAccess,
  ) {}

  /**
   * The same wish again, while it is open, is the ticket that there is.
   *
   * @throws AppError OSM.01010001 with every problem, OSM.01010002; QST.QuotaRequest.Open, .AlreadySatisfied, .TooManyOpen
   */
  async file(actor: Actor, filing: Filing): Promise<QuotaRequest> {
    const wanted = newRequest(actor, filing);
    const place = { domainId: actor.principal.domainId, quotaKey: wanted.quotaKey, scope: scopeKey(wanted.scope) };
    if (!this.access.isOwnScope(actor.principal, place) && !actor.beyondSelf()) throw notYours();
    const { productId, regionId } = filing.form;
    const given = { quotaKey: wanted.quotaKey, productId, regionId };
    const problems = await this.configuration.problemsOf(given, actor.principal);
    return asTicket(async () => {
      if (problems.length > 0) throw await this.withOthers(problems, actor, wanted);
      const { detail } = await this.creation.create(actor, wanted, null, (transaction, made) =>
        this.complete(transaction, made, filing, actor),
      );
      return detail.request;
    });
  }

  private async complete(
    transaction: Transaction,
    { outcome, detail: { request } }: MadeRequest,
    { form }: Filing,
    actor: Actor,
  ): Promise<void> {
    await this.store.file(transaction, request, form);
    if (outcome === 'created')
      await this.recorder.record('createCase', caseResource(caseIdOf(request)), actor, transaction);
  }

  /** What else would have been refused, so that all is told at once. */
  private async withOthers(problems: readonly Problem[], actor: Actor, wanted: NewRequest): Promise<AppError> {
    const others = await this.creation.create(actor, { ...wanted, validateOnly: true }).then(
      () => [],
      (error: unknown) => (error instanceof AppError ? error.problems : []),
    );
    return new AppError('QST.BadRequest', 'The request is not valid', { problems: [...others, ...problems] });
  }
}

function newRequest({ principal }: Actor, { wish, description, priority, form }: Filing): NewRequest {
  const { quotaKey, scope, desired, untilMs } = wish;
  return {
    domainId: null,
    quotaKey,
    scope: scope.id === '' ? { ...scope, id: principal.domainId } : scope,
    desired,
    untilMs,
    reason: description,
    contact: form.remindMail ?? form.remindMobile ?? null,
    links: [],
    priority,
    validateOnly: false,
  };
}

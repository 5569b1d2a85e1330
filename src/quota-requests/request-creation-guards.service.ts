/** What stands before the creation of a request: who may ask, and in which order creations wait for each other. */
import { Injectable } from '@nestjs/common';
import type { Actor } from '../identity/index.js';
import { AppError } from '../kernel/errors.js';
import { Database, type Transaction } from '../platform/database/database.js';
import { Idempotency, type IdempotentRequest } from '../platform/http/idempotency.js';
import { AskReader, EffectiveLimits, scopeKey } from '../quotas/index.js';
import type { RequestRules } from './core/request-rules.js';
import type { NewRequest } from './quota-request.js';
import { RequestAccess } from './request-access.service.js';
import { RequestRulesService } from './request-rules.service.js';
import type { DomainRow } from './requests.store.js';

@Injectable()
export class RequestCreationGuards {
  constructor(
    private readonly database: Database,
    private readonly asks: AskReader,
    private readonly access: RequestAccess,
    private readonly limits: EffectiveLimits,
    private readonly rules: RequestRulesService,
    private readonly idempotency: Idempotency,
  ) {}

  /** The domain it is for. Anybody may ask for its own scope; for others whom a policy allows. */
  async allow(actor: Actor, { domainId: named, quotaKey, scope }: NewRequest): Promise<string> {
    const domainId = await this.asks.domainFor(actor.principal, named ?? undefined);
    const place = { domainId, quotaKey, scope: scopeKey(scope) };
    const own = this.access.isOwnScope(actor.principal, place);
    if (await this.access.may(actor, 'quota:request:create', place, own)) return domainId;
    throw new AppError(
      'QST.Forbidden',
      'You are not authorized to perform this operation: no policy allows quota:request:create for that scope.',
    );
  }

  once<T>(request: IdempotentRequest | null, work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.database.transaction((transaction) =>
      this.idempotency.once(request, transaction, () => work(transaction)),
    );
  }

  /** After the domain's row come the counters' locks, as whoever disables a domain has it. */
  async lock(
    transaction: Transaction,
    place: { domainId: string; quotaKey: string },
    domain: DomainRow | null,
  ): Promise<{ domain: DomainRow; rules: RequestRules; nowMs: number }> {
    if (domain?.enabled !== true) throw new AppError('QST.Conflict', 'The domain is disabled.');
    await this.limits.lock(transaction, place);
    const rules = await this.rules.inForce(transaction);
    return { domain, rules, nowMs: await this.limits.nowMs(transaction) };
  }
}

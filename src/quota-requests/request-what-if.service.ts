/** What granting a request would change, and whether it could be granted now: tried, and undone. */
import { Injectable } from '@nestjs/common';
import type { Actor } from '../identity/index.js';
import { AppError } from '../kernel/errors.js';
import { Database, type Transaction } from '../platform/database/database.js';
import { EffectiveLimits, type ScopeStanding } from '../quotas/index.js';
import { type Consent, supportersOf } from './core/approvals.js';
import { quorumOf } from './core/request-rules.js';
import { isOpen } from './core/request-states.js';
import { consentProblems } from './core/wish.js';
import type { QuotaRequest } from './quota-request.js';
import { RequestGrants } from './request-grants.service.js';
import { RequestReader } from './request-reader.service.js';
import { RequestRulesService } from './request-rules.service.js';

export interface WhatIf {
  readonly request: QuotaRequest;
  readonly consent: Consent;
  readonly standing: ScopeStanding;
  /** What keeps it from being granted now; empty where nothing does. */
  readonly obstacles: readonly { readonly code: string; readonly message: string }[];
  /** Different approvers it takes, and how many consent to that much by now. */
  readonly needed: number;
  readonly given: number;
}

type Obstacle = WhatIf['obstacles'][number];

class Undone extends Error {
  constructor(readonly found: WhatIf) {
    super('undone on purpose');
  }
}

@Injectable()
export class RequestWhatIf {
  constructor(
    private readonly database: Database,
    private readonly reader: RequestReader,
    private readonly limits: EffectiveLimits,
    private readonly grants: RequestGrants,
    private readonly rules: RequestRulesService,
  ) {}

  /** @param granted absent: all that is asked for. Throws `QST.NotFound` */
  async look(
    actor: Pick<Actor, 'principal' | 'origin'>,
    id: string,
    granted: number | undefined,
    untilMs: number | undefined,
  ): Promise<WhatIf> {
    const { request, approvals } = await this.reader.get(actor, id);
    const consent = { limit: granted ?? request.desired, untilMs: untilMs ?? request.untilMs };
    const tried = this.database.transaction(async (transaction) => {
      const standing = await this.limits.now(transaction, request);
      const rules = await this.rules.inForce(transaction);
      throw new Undone({
        request,
        consent,
        standing,
        obstacles: await this.obstacles(transaction, request, consent, standing, actor),
        needed: quorumOf(rules, consent.limit, standing.given),
        given: supportersOf(approvals, consent),
      });
    });
    return tried.catch((error: unknown) => {
      if (error instanceof Undone) return error.found;
      throw error;
    });
  }

  private async obstacles(
    transaction: Transaction,
    request: QuotaRequest,
    consent: Consent,
    { state }: ScopeStanding,
    actor: Pick<Actor, 'principal' | 'origin'>,
  ): Promise<Obstacle[]> {
    const found: Obstacle[] = [];
    if (!isOpen(request.state))
      found.push({ code: 'QST.QuotaRequest.IllegalTransition', message: `it is ${request.state}` });
    if (state.closed) found.push({ code: 'QST.Quota.ScopeClosed', message: 'the instance was deleted' });
    const nowMs = await this.limits.nowMs(transaction);
    const wish = { limit: request.desired, untilMs: request.untilMs };
    for (const { member, message } of consentProblems(consent, wish, nowMs))
      found.push({ code: 'QST.BadRequest', message: `${member} ${message}` });
    if (found.length > 0) return found;
    try {
      await this.grants.apply(transaction, request, consent, { actor, reason: 'what if', validateOnly: true });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      found.push({ code: error.code, message: error.message });
    }
    return found;
  }
}

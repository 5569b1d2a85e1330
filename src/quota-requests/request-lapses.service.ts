/** Ends requests that nobody can grant or nobody answers any more, and reminds those who decide (issue 8 §1). */
import { Injectable } from '@nestjs/common';
import { DAY_MS } from '../kernel/clock.js';
import { Database, type Transaction } from '../platform/database/database.js';
import { EffectiveLimits } from '../quotas/index.js';
import { type Lapse, lapseOf, remindersDue } from './core/lapse.js';
import type { RequestRules } from './core/request-rules.js';
import { isOpen, targetOf } from './core/request-states.js';
import type { QuotaRequest } from './quota-request.js';
import { RequestLapsesStore } from './request-lapses.store.js';
import { RequestRulesService } from './request-rules.service.js';
import { RequestSteps } from './request-steps.service.js';
import { RequestsStore } from './requests.store.js';

const AT_ONCE = 200;
const HOUR_MS = 3_600_000;
const CLOCK_ACTOR = { rule: 'quota-request-lapses' };

const SAID: Readonly<Record<Lapse, string>> = {
  silent: 'a question was not answered in time',
  stale: 'nothing was said or done for too long',
  overtaken: 'the time it was asked for is over',
};

export interface LapseCounts {
  readonly expired: number;
  readonly reminded: number;
}

@Injectable()
export class RequestLapses {
  constructor(
    private readonly database: Database,
    private readonly store: RequestsStore,
    private readonly lapses: RequestLapsesStore,
    private readonly rules: RequestRulesService,
    private readonly limits: EffectiveLimits,
    private readonly steps: RequestSteps,
  ) {}

  /** All that is due, each request in a transaction of its own; it stops between two when told to. */
  async run(signal: AbortSignal): Promise<LapseCounts> {
    const rules = await this.rules.inForce(this.database);
    const bounds = boundsOf(rules, await this.limits.nowMs(this.database));
    let [expired, reminded, after] = [0, 0, ''];
    while (!signal.aborted) {
      const found = await this.lapses.candidates(this.database, bounds, after, AT_ONCE);
      for (const { domainId, id } of found) {
        if (signal.aborted) break;
        const done = await this.look(domainId, id, rules);
        if (done === 'expired') expired += 1;
        if (done === 'reminded') reminded += 1;
        after = id;
      }
      if (found.length < AT_ONCE) break;
    }
    return { expired, reminded };
  }

  /** Open requests of a domain, or of one scope of it, that nobody can grant any more. */
  async invalidate(transaction: Transaction, domainId: string, scope: string | null, why: string): Promise<void> {
    const open = await this.store.lockOpen(transaction, domainId, scope);
    if (open.length === 0) return;
    const nowMs = await this.limits.nowMs(transaction);
    for (const request of open) {
      const after = { ...request, state: targetOf(request.state, 'invalidate', 'service') };
      const told = { action: 'invalidate', side: 'service', note: why } as const;
      await this.steps.take(transaction, request, after, told, { actor: CLOCK_ACTOR, nowMs });
    }
  }

  private look(domainId: string, id: string, rules: RequestRules): Promise<'expired' | 'reminded' | null> {
    return this.database.transaction(async (transaction) => {
      const request = await this.store.lock(transaction, domainId, id);
      if (request === null || !isOpen(request.state)) return null;
      const nowMs = await this.limits.nowMs(transaction);
      const lapse = lapseOf(request, rules, nowMs);
      if (lapse !== null) {
        await this.expire(transaction, request, lapse, nowMs);
        return 'expired';
      }
      const reminders = remindersDue(request, rules, nowMs);
      if (reminders <= request.reminders) return null;
      const note = reminders === 2 ? 'it is overdue' : 'it is soon due';
      const told = { action: 'remind', side: 'service', note, internal: true } as const;
      await this.steps.take(transaction, request, { ...request, reminders }, told, { actor: CLOCK_ACTOR, nowMs });
      return 'reminded';
    });
  }

  private async expire(transaction: Transaction, request: QuotaRequest, lapse: Lapse, nowMs: number): Promise<void> {
    const after = { ...request, state: targetOf(request.state, 'expire', 'service') };
    const told = { action: 'expire', side: 'service', note: SAID[lapse], details: { lapse } } as const;
    await this.steps.take(transaction, request, after, told, { actor: CLOCK_ACTOR, nowMs });
  }
}

function boundsOf(rules: RequestRules, nowMs: number) {
  const longestMs = Math.max(...Object.values(rules.slaHours)) * HOUR_MS;
  return {
    nowMs,
    silentBefore: nowMs - rules.silentDays * DAY_MS,
    staleBefore: nowMs - rules.openDays * DAY_MS,
    dueBefore: nowMs + (longestMs * (100 - rules.remindAtPercent)) / 100,
  };
}

/** Grants limits for a time, and revokes them. That one ends needs nobody: it is an interval. */
import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DAY_MS } from '../kernel/clock.js';
import { AppError } from '../kernel/errors.js';
import { Database, type Transaction } from '../platform/database/database.js';
import { type Catalogue, CatalogueService } from './catalogue.service.js';
import { type Actor, type AnyActor, callerOf, ChangeRecorder } from './change-recorder.service.js';
import { scopeKey } from './core/scope.js';
import { grantPreset, type PresetName } from './core/wire-presets.js';
import { LimitRules } from './limit-rules.service.js';
import type { ApplyPreset, CreateGrant } from './limits.dto.js';
import { type Grant, LimitsStore } from './limits.store.js';
import { OverrunWatch } from './overrun-watch.service.js';
import { scopeFrom } from './quotas.dto.js';

type GrantWish = Pick<CreateGrant, 'quota_key' | 'scope' | 'limit' | 'from' | 'until' | 'reason'>;

@Injectable()
export class Grants {
  constructor(
    private readonly database: Database,
    private readonly catalogue: CatalogueService,
    private readonly rules: LimitRules,
    private readonly store: LimitsStore,
    private readonly watch: OverrunWatch,
    private readonly recorder: ChangeRecorder,
  ) {}

  /** All or none. Throws `QST.BadRequest` for an interval that never holds, `QST.Quota.LimitConflict` above a parent. */
  create(domainId: string, wishes: readonly GrantWish[], actor: Actor, validateOnly: boolean): Promise<Grant[]> {
    return this.database.transaction((transaction) =>
      this.createIn(transaction, domainId, wishes, actor, validateOnly),
    );
  }

  /** As {@link create}, with what else the caller's transaction does. It holds the locks of the wishes' counters from here on. */
  async createIn(
    transaction: Transaction,
    domainId: string,
    wishes: readonly GrantWish[],
    actor: AnyActor,
    validateOnly: boolean,
  ): Promise<Grant[]> {
    const inOrder = [...wishes].sort((left, right) => (left.quota_key < right.quota_key ? -1 : 1));
    const catalogue = await this.catalogue.current(transaction);
    const nowMs = await this.store.nowMs(transaction);
    const grants: Grant[] = [];
    for (const wish of inOrder)
      grants.push(await this.grant(transaction, domainId, wish, { actor, validateOnly, catalogue, nowMs }));
    return grants;
  }

  /** The preset's keys that are counted for the kind of scope. */
  async applyPreset(domainId: string, name: PresetName, body: ApplyPreset, actor: Actor): Promise<Grant[]> {
    const { mostDays, grants } = grantPreset(name);
    const { definitions } = await this.catalogue.recent();
    const fromMs = body.from ?? Date.now();
    const until = body.until ?? fromMs + mostDays * DAY_MS;
    if (until > fromMs + mostDays * DAY_MS)
      throw badInterval(`must be at most ${String(mostDays)} days after its beginning`);
    const { scope, reason } = body;
    const wishes = grants
      .filter(({ quotaKey }) => definitions.get(quotaKey)?.scopeKind === scope.kind)
      .map(({ quotaKey, limit }) => ({ quota_key: quotaKey, scope, limit, from: body.from, until, reason }));
    if (wishes.length === 0)
      throw new AppError('QST.BadRequest', 'The request is not valid', {
        problems: [{ path: 'body.scope.kind', message: `the preset grants nothing to a ${scope.kind}` }],
      });
    return this.create(domainId, wishes, actor, body.validate_only);
  }

  /** Throws `QST.NotFound`. Revoking again changes nothing. */
  async revoke(domainId: string, id: string, reason: string, actor: Actor): Promise<Grant> {
    return this.database.transaction(async (transaction) => {
      const seen = await this.store.findGrant(transaction, domainId, id);
      if (seen === null) throw new AppError('QST.NotFound', 'There is no such grant.');
      const catalogue = await this.catalogue.current(transaction);
      await this.rules.lock(transaction, seen, catalogue);
      const before = (await this.store.findGrant(transaction, domainId, id)) ?? seen;
      if (before.revokedAtMs !== null) return before;
      await this.store.revoke(transaction, domainId, id);
      await this.recorder.record(transaction, { ...changeOf(before, 'deleteQuotaGrant'), after: null, reason }, actor);
      await this.watch.look(transaction, [before], catalogue);
      return (await this.store.findGrant(transaction, domainId, id)) ?? before;
    });
  }

  private async grant(
    transaction: Transaction,
    domainId: string,
    wish: GrantWish,
    context: { actor: AnyActor; validateOnly: boolean; catalogue: Catalogue; nowMs: number },
  ): Promise<Grant> {
    const { actor, nowMs } = context;
    const grant = {
      domainId,
      quotaKey: wish.quota_key,
      scope: scopeKey(scopeFrom(wish.scope)),
      id: `${randomBytes(16).toString('hex')}.${domainId}`,
      limit: wish.limit,
      fromMs: wish.from ?? nowMs,
      untilMs: wish.until ?? null,
      reason: wish.reason,
      grantedBy: callerOf(actor),
      revokedAtMs: null,
    };
    if (grant.untilMs !== null && grant.untilMs <= Math.max(grant.fromMs, nowMs))
      throw badInterval('must be later than its beginning, and than now');
    const standing = await this.rules.lock(transaction, grant, context.catalogue);
    await this.rules.check(transaction, grant, grant.limit, standing, { force: true, plane: 'operator' });
    if (context.validateOnly) return grant;
    await this.store.grant(transaction, grant);
    const change = { ...changeOf(grant, 'createQuotaGrant'), before: null, reason: grant.reason };
    await this.recorder.record(transaction, change, actor);
    await this.watch.look(transaction, [grant], context.catalogue);
    return grant;
  }
}

function changeOf(grant: Grant, change: string) {
  const { domainId, quotaKey, scope, id, limit, fromMs, untilMs } = grant;
  const told = { id, limit, from: fromMs, until: untilMs };
  return { domainId, quotaKey, scope, change, before: told, after: told };
}

function badInterval(message: string): AppError {
  return new AppError('QST.BadRequest', 'The request is not valid', { problems: [{ path: 'body.until', message }] });
}

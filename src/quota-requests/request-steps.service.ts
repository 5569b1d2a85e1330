/** Makes each step of a request: the row, its history, its trace and whom it is told, in the transaction of whatever it is part of. */
import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { Actor } from '../identity/index.js';
import type { Transaction } from '../platform/database/database.js';
import { type Caller, parseScopeKey, projectOf, renderScope, type ServiceActor } from '../quotas/index.js';
import { operationUser, TraceRecorder } from '../traces/index.js';
import type { Side } from './core/request-states.js';
import { personOf, type QuotaRequest, type RequestStep } from './quota-request.js';
import { REQUEST_NOTIFIER, type RequestNotifier } from './request-notifier.js';
import { RequestThreadsStore } from './request-threads.store.js';
import { RequestsStore } from './requests.store.js';

/** Who does it: a caller, or the service itself. */
export type StepActor = Pick<Actor, 'principal' | 'origin'> | ServiceActor;

export interface StepTold {
  readonly action: string;
  readonly side: Side;
  readonly note: string;
  readonly details?: object;
  /** For operators alone. */
  readonly internal?: boolean;
  readonly command?: Buffer;
}

@Injectable()
export class RequestSteps {
  constructor(
    private readonly store: RequestsStore,
    private readonly threads: RequestThreadsStore,
    private readonly recorder: TraceRecorder,
    @Inject(REQUEST_NOTIFIER) private readonly notifier: RequestNotifier,
  ) {}

  /**
   * From `before`, whose row is locked, to what `changed` has of it; null: it is made. Version, clock of the deadline and time of the
   * last change follow here.
   *
   * @param nowMs by the database's clock
   */
  async take(
    transaction: Transaction,
    before: QuotaRequest | null,
    changed: QuotaRequest,
    told: StepTold,
    { actor, nowMs }: { actor: StepActor; nowMs: number },
  ): Promise<QuotaRequest> {
    const after = before === null ? changed : moved(before, changed, told.action, nowMs);
    if (before === null) await this.store.insert(transaction, after);
    else await this.store.save(transaction, after);
    const step: RequestStep = {
      at: nowMs,
      action: told.action,
      side: told.side,
      by: callerOf(actor),
      from: before?.state ?? null,
      to: after.state,
      note: told.note,
      details: told.details ?? null,
      internal: told.internal ?? false,
    };
    await this.threads.addStep(transaction, after, { ...step, command: told.command ?? null });
    await this.record(transaction, after, step, actor);
    await this.notifier.notify({ request: after, step }, transaction);
    return after;
  }

  /** A new version without a step: something was said, and the history has nothing of it. */
  async touch(
    transaction: Transaction,
    before: QuotaRequest,
    { action, side, internal = false }: Pick<StepTold, 'action' | 'side' | 'internal'>,
    { actor, nowMs }: { actor: StepActor; nowMs: number },
  ): Promise<QuotaRequest> {
    const after = moved(before, before, action, nowMs);
    await this.store.save(transaction, after);
    const { state } = after;
    const step = {
      at: nowMs,
      action,
      side,
      by: callerOf(actor),
      from: state,
      to: state,
      note: '',
      details: null,
      internal,
    };
    await this.record(transaction, after, step, actor);
    await this.notifier.notify({ request: after, step }, transaction);
    return after;
  }

  /** In the domain of the request; what is internal in the domain of who does it, and nothing of what was said. */
  async record(
    transaction: Transaction,
    request: QuotaRequest,
    step: Pick<RequestStep, 'action' | 'from' | 'to' | 'note' | 'details' | 'internal'>,
    actor: StepActor,
  ): Promise<void> {
    const scope = parseScopeKey(request.scope, request.domainId);
    const inward = step.internal && !('rule' in actor);
    await this.recorder.record(
      {
        serviceType: 'QUOTA',
        resourceType: 'quotaRequest',
        traceName: `${step.action}QuotaRequest`,
        rating: 'normal',
        domainId: inward ? actor.principal.domainId : request.domainId,
        projectId: inward ? '' : (projectOf(scope) ?? ''),
        resourceId: request.id,
        resourceName: request.quotaKey,
        user: 'rule' in actor ? null : operationUser(actor.principal),
        ...(step.internal ? {} : { message: step.note }),
        request: {
          quota_key: request.quotaKey,
          scope: renderScope(scope),
          desired: request.desired,
          until: request.untilMs,
          before: step.from,
          after: step.to,
          ...(step.internal ? {} : { details: step.details }),
        },
        ...('rule' in actor ? {} : actor.origin),
      },
      transaction,
    );
  }
}

export function callerOf(actor: StepActor): Caller {
  return 'rule' in actor ? { domainId: '', userId: '', userName: actor.rule } : personOf(actor.principal);
}

/** Who did what with which words; the same again has the same. */
export function commandOf(action: string, words: object): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([action, words]))
    .digest();
}

/** While the requester is asked, the time to decide stands still. */
function moved(before: QuotaRequest, changed: QuotaRequest, action: string, nowMs: number): QuotaRequest {
  const asked = changed.state === 'needs_info';
  const waited = before.pausedAt === null || asked ? 0 : Math.max(0, nowMs - before.pausedAt);
  return {
    ...changed,
    version: before.version + 1,
    updatedAt: action === 'remind' ? before.updatedAt : Math.max(nowMs, before.updatedAt),
    pausedAt: asked ? (before.pausedAt ?? nowMs) : null,
    dueAt: changed.dueAt + waited,
    reminders: before.pausedAt !== null && !asked ? 0 : changed.reminders,
  };
}

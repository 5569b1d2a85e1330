/** Whether a limit or a grant may stand where it is wanted, judged under the lock of its counters (issue 7 §1). */
import { Injectable } from '@nestjs/common';
import { AppError } from '../kernel/errors.js';
import type { Transaction } from '../platform/database/database.js';
import type { Catalogue } from './catalogue.service.js';
import type { CounterState } from './core/admission.js';
import { type HierarchyFault, hierarchyFault, splitFault, useFault } from './core/hierarchy.js';
import { type EffectiveLimit, effectiveLimit } from './core/limits.js';
import { levelsOf, parseScopeKey } from './core/scope.js';
import { type CounterId, CountersStore } from './counters.store.js';
import { LimitsStore, othersBelow } from './limits.store.js';
import { renderScope } from './quotas.dto.js';
import { stateOf } from './reservation-batch.service.js';

/** A scope with the levels above it as they stand under the lock. */
export interface Standing {
  readonly own: CounterState;
  readonly parents: readonly { readonly scope: string; readonly state: CounterState }[];
  /** What would hold for the scope if nothing were set. */
  readonly given: number;
}

@Injectable()
export class LimitRules {
  constructor(
    private readonly counters: CountersStore,
    private readonly limits: LimitsStore,
  ) {}

  /** Locks the group, after which nobody else changes a limit or counter of it. */
  async lock(transaction: Transaction, id: CounterId, { definitions }: Catalogue): Promise<Standing> {
    await this.counters.lock(transaction, [id]);
    const levels = levelsOf(parseScopeKey(id.scope, id.domainId));
    const ids = levels.map((scope) => ({ ...id, scope }));
    await this.counters.ensure(transaction, ids);
    const definition = definitions.get(id.quotaKey) ?? null;
    const rows = await this.counters.states(transaction, ids);
    const kindOf = (scope: string) => parseScopeKey(scope, id.domainId).kind;
    const states = rows.map((row) => ({
      scope: row.scope,
      row,
      state: stateOf({ ...row, kind: kindOf(row.scope) }, definition),
    }));
    const [own, ...parents] = states;
    if (own === undefined) throw new Error('a scope has at least its own level');
    const given = effectiveLimit(definition, kindOf(id.scope), { ...own.row, override: null }).limit;
    return { own: own.state, parents, given };
  }

  /** Throws `QST.Quota.LimitConflict` saying what stands against it. `force` allows less than what is in use. */
  async check(
    transaction: Transaction,
    id: CounterId,
    limit: number,
    standing: Standing,
    { force, plane }: { force: boolean; plane: 'operator' | 'tenant' },
  ): Promise<void> {
    const wanted = { scope: id.scope, limit };
    const parents = standing.parents.map(({ scope, state }) => ({ scope, limit: state.limit }));
    const fault =
      hierarchyFault(wanted, parents, await this.limits.below(transaction, id)) ??
      (plane === 'tenant' ? await this.splitFault(transaction, id, limit, standing) : null) ??
      (force ? null : useFault(limit, standing.own));
    if (fault !== null) throw conflict(fault, id);
  }

  /**
   * For a limit that would follow from something else than itself, e.g. a specification. Only one that a specification names must
   * fit below its parents, as defaults need not. Throws like {@link check}, telling the key.
   */
  async checkFollowing(
    transaction: Transaction,
    id: CounterId,
    { limit, origin }: EffectiveLimit,
    standing: Standing,
    force: boolean,
  ): Promise<void> {
    if (origin === 'spec') await this.check(transaction, id, limit, standing, { force: true, plane: 'operator' });
    const fault = force ? null : useFault(limit, standing.own);
    if (fault !== null) throw conflict(fault, id);
  }

  private async splitFault(
    transaction: Transaction,
    id: CounterId,
    limit: number,
    { parents, given }: Standing,
  ): Promise<HierarchyFault | null> {
    const below = await this.limits.below(transaction, { ...id, scope: 'domain' });
    const splitting = parents.map(({ scope, state }) => ({
      scope,
      limit: state.limit,
      others: othersBelow(scope, id, below),
    }));
    return splitFault({ scope: id.scope, limit }, splitting, { scope: id.scope, limit: given });
  }
}

function conflict(fault: HierarchyFault, { domainId, quotaKey }: CounterId): AppError {
  const limitConflict = (message: string, details: Record<string, unknown>) =>
    new AppError('QST.Quota.LimitConflict', message, { details: { quota_key: quotaKey, ...details } });
  const scope = (name: string) => renderScope(parseScopeKey(name, domainId));
  switch (fault.kind) {
    case 'above_parent':
      return limitConflict(
        `The limit would be above that of the ${scope(fault.parent.scope).kind} above it, ${String(fault.parent.limit)}.`,
        { conflict: fault.kind, parent: { scope: scope(fault.parent.scope), limit: fault.parent.limit } },
      );
    case 'below_children':
      return limitConflict(`${String(fault.children.length)} limits set below would be above it.`, {
        conflict: fault.kind,
        children: fault.children.map((child) => ({ scope: scope(child.scope), limit: child.limit })),
      });
    case 'split_exceeds':
      return limitConflict(
        `Together with what is split already it would be ${String(fault.total)} of ${String(fault.parent.limit)}.`,
        {
          conflict: fault.kind,
          parent: { scope: scope(fault.parent.scope), limit: fault.parent.limit },
          total: fault.total,
        },
      );
    case 'not_lower':
      return limitConflict(
        `Only a limit of at most ${String(fault.given.limit)} can be set: the domain has none of its own to split.`,
        { conflict: fault.kind, limit: fault.given.limit },
      );
    case 'below_use':
      return limitConflict(
        `${String(fault.used)} are used and ${String(fault.reserved)} reserved, which is more; set it with force to have it so.`,
        { conflict: fault.kind, used: fault.used, reserved: fault.reserved },
      );
  }
}

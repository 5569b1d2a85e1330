/** What holds for one scope, now or at another instant: for those who decide whether it shall be more. */
import { Injectable } from '@nestjs/common';
import type { Sql, Transaction } from '../platform/database/database.js';
import { CatalogueService } from './catalogue.service.js';
import type { CounterState } from './core/admission.js';
import { type Definition, UNLIMITED } from './core/definition.js';
import { type EffectiveLimit, effectiveLimit } from './core/limits.js';
import { parseScopeKey } from './core/scope.js';
import { type CounterGroup, type CounterId, CountersStore } from './counters.store.js';
import { LimitsStore, type SetLimit } from './limits.store.js';
import { stateOf } from './reservation-batch.service.js';

export interface ScopeStanding {
  /** Null where the key has none: then nothing is refused. */
  readonly definition: Definition | null;
  /** Limit, its origin, and what is used and reserved. */
  readonly state: CounterState;
  /** What would hold if nobody had set or granted anything; where that is unlimited, as at the levels above, the present limit. */
  readonly given: number;
}

@Injectable()
export class EffectiveLimits {
  constructor(
    private readonly catalogue: CatalogueService,
    private readonly counters: CountersStore,
    private readonly limits: LimitsStore,
  ) {}

  /** From here to its end nobody else changes a limit, grant or counter of the key in the domain. */
  lock(transaction: Transaction, group: CounterGroup): Promise<void> {
    return this.counters.lock(transaction, [group]);
  }

  /** As of the statement. Makes no counter. */
  async now(sql: Sql, id: CounterId): Promise<ScopeStanding> {
    const definition = (await this.catalogue.current(sql)).definitions.get(id.quotaKey) ?? null;
    const [row] = await this.counters.states(sql, [id]);
    if (row === undefined) throw new Error('a counter asked for is answered');
    const { kind } = parseScopeKey(id.scope, id.domainId);
    const given = effectiveLimit(definition, kind, { override: null, grant: null, spec: row.spec });
    const state = stateOf({ ...row, kind }, definition);
    return { definition, state, given: given.limit === UNLIMITED ? state.limit : given.limit };
  }

  /** The limit at an instant to come, as far as it is known now; epoch ms. */
  async at(sql: Sql, id: CounterId, atMs: number): Promise<EffectiveLimit> {
    const definition = (await this.catalogue.current(sql)).definitions.get(id.quotaKey) ?? null;
    const [row] = await this.counters.states(sql, [id]);
    const { kind } = parseScopeKey(id.scope, id.domainId);
    const grant = await this.limits.grantAt(sql, id, atMs);
    return effectiveLimit(definition, kind, { override: row?.override ?? null, grant, spec: row?.spec ?? null });
  }

  /** When the youngest grant for the scope began, epoch ms; null where none did. */
  lastGrantMs(sql: Sql, id: CounterId): Promise<number | null> {
    return this.limits.lastGrantMs(sql, id);
  }

  /** The limit that somebody set for the scope, which holds above any grant; null where none is. */
  override(sql: Sql, id: CounterId): Promise<SetLimit | null> {
    return this.limits.find(sql, id);
  }

  /** By the database's clock, epoch ms. */
  nowMs(sql: Sql): Promise<number> {
    return this.limits.nowMs(sql);
  }
}

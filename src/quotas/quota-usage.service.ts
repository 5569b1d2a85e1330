/** How quotas stand: the list, the check before a reservation, and what SWR's own list shows. */
import { Injectable } from '@nestjs/common';
import type { JsonValue } from '../kernel/cursor.js';
import type { Principal } from '../kernel/principal.js';
import { Database } from '../platform/database/database.js';
import { badCursor, CursorSigner, cursorScope } from '../platform/http/cursor-signer.js';
import { AskReader } from './ask-reader.service.js';
import { BatchedStates } from './batched-states.js';
import { CatalogueService } from './catalogue.service.js';
import { Allotment, type CounterState } from './core/admission.js';
import { levelsOf, parseScopeKey, type Scope, scopeKey } from './core/scope.js';
import { type CounterId, counterName, type CounterRow, CountersStore } from './counters.store.js';
import type { ListUsage } from './quota-usage.dto.js';
import { QuotaUsageStore, type UsagePlace } from './quota-usage.store.js';
import type { CheckResult, QuotaUsage, UsagePage } from './quota-usage.js';
import type { ItemAsk } from './reservation.js';
import { countersOf, itemState, stateOf } from './reservation-batch.service.js';

@Injectable()
export class QuotaUsages {
  private readonly states: BatchedStates;

  constructor(
    database: Database,
    private readonly store: QuotaUsageStore,
    counters: CountersStore,
    private readonly catalogue: CatalogueService,
    private readonly reader: AskReader,
    private readonly cursors: CursorSigner,
  ) {
    // Nothing is decided by what is read here, so the searching pool will do.
    this.states = new BatchedStates(counters, { query: (text, values) => database.read(text, values) });
  }

  /** Whether a reservation of all items together would be granted now, and each of them alone. */
  async check(domainId: string, asks: readonly ItemAsk[]): Promise<CheckResult> {
    const states = await this.statesOf(countersOf([{ domainId, items: asks }]));
    const name = (quotaKey: string, scope: string): string => counterName({ domainId, quotaKey, scope });
    const demandOf = ({ quotaKey, scope, amount }: ItemAsk) => ({
      levels: levelsOf(scope).map((level) => name(quotaKey, level)),
      amount,
    });
    const together = new Allotment(states).admit(asks.map(demandOf));
    const stateAt = (counter: string): CounterState => new Allotment(states).stateOf(counter);
    return {
      allowed: together.granted,
      items: asks.map((ask) => ({
        ask,
        allowed: new Allotment(states).admit([demandOf(ask)]).granted,
        state: stateAt(name(ask.quotaKey, scopeKey(ask.scope))),
      })),
      exceeded: together.granted
        ? []
        : together.exceeded.map(({ counter, needed, state }) => {
            const [, quotaKey = '', scope = ''] = counter.split('\0');
            const { remaining: _left, ...item } = itemState(quotaKey, parseScopeKey(scope, domainId), state);
            return { ...item, needed };
          }),
    };
  }

  async list(principal: Principal, query: ListUsage): Promise<UsagePage> {
    const domainId = await this.reader.domainFor(principal, query.domain_id);
    const filter = { domainId, quotaKey: query.quota_key ?? null, kind: query.scope_kind ?? null };
    const scope = cursorScope('quotas1', principal, filter);
    const after = query.cursor === undefined ? null : placeFrom(this.cursors.decode(query.cursor, scope));
    const found = await this.store.list(filter, after, query.limit + 1);
    const page = found.slice(0, query.limit);
    const last = page.at(-1);
    return {
      domainId,
      quotas: await this.usagesOf(page),
      next:
        found.length > page.length && last !== undefined
          ? this.cursors.encode({ quotaKey: last.quotaKey, scope: last.scope }, scope)
          : null,
    };
  }

  /** Each key of the scope's kind and edition as it stands for one scope, whether anything is counted there or not. */
  async ofScope(domainId: string, scope: Scope, keys?: readonly string[]): Promise<QuotaUsage[]> {
    const { definitions } = await this.catalogue.recent();
    const wanted = [...definitions.values()].filter(
      ({ key, scopeKind }) => scopeKind === scope.kind && (keys?.includes(key) ?? true),
    );
    return this.usagesOf(wanted.map(({ key }) => ({ domainId, quotaKey: key, scope: scopeKey(scope) })));
  }

  private async usagesOf(ids: readonly CounterId[]): Promise<QuotaUsage[]> {
    const { definitions } = await this.catalogue.recent();
    const states = await this.statesOf(ids);
    return ids.flatMap((id) => {
      const state = states.get(counterName(id));
      const definition = definitions.get(id.quotaKey) ?? null;
      const scope = parseScopeKey(id.scope, id.domainId);
      return state === undefined ? [] : [{ scope, quotaKey: id.quotaKey, definition, state }];
    });
  }

  private async statesOf(ids: readonly CounterId[]): Promise<Map<string, CounterState>> {
    const { definitions } = await this.catalogue.recent();
    const judged = (row: CounterRow): CounterState =>
      stateOf({ ...row, kind: parseScopeKey(row.scope, row.domainId).kind }, definitions.get(row.quotaKey) ?? null);
    return new Map((await this.states.read(ids)).map((row) => [counterName(row), judged(row)]));
  }
}

function placeFrom(payload: JsonValue): UsagePlace {
  if (typeof payload === 'object' && payload !== null && 'quotaKey' in payload && 'scope' in payload) {
    const { quotaKey, scope } = payload;
    if (typeof quotaKey === 'string' && typeof scope === 'string') return { quotaKey, scope };
  }
  throw badCursor('is not a cursor of this list');
}

/** What is told of quotas as they stand. */
import type { CounterState } from './core/admission.js';
import type { Definition } from './core/definition.js';
import type { Scope } from './core/scope.js';
import type { ExceededItem, ItemAsk } from './reservation.js';

/** One quota as it stands. */
export interface QuotaUsage {
  readonly scope: Scope;
  readonly quotaKey: string;
  readonly definition: Definition | null;
  readonly state: CounterState;
}

export interface UsagePage {
  readonly domainId: string;
  readonly quotas: readonly QuotaUsage[];
  readonly next: string | null;
}

export interface CheckedItem {
  readonly ask: ItemAsk;
  readonly allowed: boolean;
  readonly state: CounterState;
}

export interface CheckResult {
  readonly allowed: boolean;
  readonly items: readonly CheckedItem[];
  readonly exceeded: readonly ExceededItem[];
}

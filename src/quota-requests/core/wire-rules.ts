/** The rules for requests as they are stored and shown, and those that a fresh installation begins with. */
import seed from '../data/request-rules.json' with { type: 'json' };
import type { AutoMode, Priority, RequestRules } from './request-rules.js';

export interface WireRules {
  readonly max_open_per_domain: number;
  readonly quorum: readonly { readonly above_factor: number; readonly approvers: number }[];
  readonly auto: readonly {
    readonly name: string;
    readonly mode: AutoMode;
    readonly quota_keys: readonly string[];
    readonly max_factor: number;
    readonly min_account_age_days: number;
    readonly no_grant_within_days: number;
    readonly min_used_percent: number;
  }[];
  readonly sla_hours: Readonly<Record<Priority, number>>;
  readonly remind_at_percent: number;
  readonly silent_days: number;
  readonly open_days: number;
}

export const SEEDED_RULES = seed as object as WireRules;

export function rulesFrom(wire: WireRules): RequestRules {
  return {
    maxOpenPerDomain: wire.max_open_per_domain,
    quorum: wire.quorum.map(({ above_factor: aboveFactor, approvers }) => ({ aboveFactor, approvers })),
    auto: wire.auto.map((rule) => ({
      name: rule.name,
      mode: rule.mode,
      quotaKeys: rule.quota_keys,
      maxFactor: rule.max_factor,
      minAccountAgeDays: rule.min_account_age_days,
      noGrantWithinDays: rule.no_grant_within_days,
      minUsedPercent: rule.min_used_percent,
    })),
    slaHours: wire.sla_hours,
    remindAtPercent: wire.remind_at_percent,
    silentDays: wire.silent_days,
    openDays: wire.open_days,
  };
}

/** Which requests need nobody to decide on them, by rules that are data. Off unless a rule says otherwise. */
import { type AutoRule, factorOf, quorumOf, type RequestRules } from './request-rules.js';

/** What rules look at, as of the request. */
export interface AutoFacts {
  readonly quotaKey: string;
  readonly desired: number;
  /** What would hold if nobody had set or granted anything. */
  readonly given: number;
  readonly accountAgeDays: number;
  /** Since the youngest grant for key and scope began; null where there was none. */
  readonly daysSinceGrant: number | null;
  /** Of the present limit; null where that is unlimited or zero. */
  readonly usedPercent: number | null;
}

export interface AutoVerdict {
  readonly rule: string;
  readonly approves: boolean;
  /** Bounds that were not kept. */
  readonly failed: readonly AutoBound[];
}

export type AutoBound =
  'quota_keys' | 'max_factor' | 'min_account_age_days' | 'no_grant_within_days' | 'min_used_percent';

export interface AutoOutcome {
  /** The first rule in force that approves. */
  readonly decidedBy: string | null;
  /** Of all rules that are not off. */
  readonly verdicts: readonly AutoVerdict[];
}

/** What takes more than one approver is left to them whatever rules say. */
export function autoDecision(rules: RequestRules, facts: AutoFacts): AutoOutcome {
  const live = rules.auto.filter(({ mode }) => mode !== 'off');
  const verdicts = live.map((rule) => verdictOf(rule, facts));
  const alone = quorumOf(rules, facts.desired, facts.given) === 1;
  const decided = live.find((rule, index) => rule.mode === 'apply' && verdicts[index]?.approves === true);
  return { decidedBy: alone && decided !== undefined ? decided.name : null, verdicts };
}

function verdictOf(rule: AutoRule, facts: AutoFacts): AutoVerdict {
  const failed: AutoBound[] = [];
  if (rule.quotaKeys.length > 0 && !rule.quotaKeys.includes(facts.quotaKey)) failed.push('quota_keys');
  if (factorOf(facts.desired, facts.given) > rule.maxFactor) failed.push('max_factor');
  if (facts.accountAgeDays < rule.minAccountAgeDays) failed.push('min_account_age_days');
  if (facts.daysSinceGrant !== null && facts.daysSinceGrant < rule.noGrantWithinDays)
    failed.push('no_grant_within_days');
  if (facts.usedPercent === null || facts.usedPercent < rule.minUsedPercent) failed.push('min_used_percent');
  return { rule: rule.name, approves: failed.length === 0, failed };
}

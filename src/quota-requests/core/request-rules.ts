/** How requests are judged: data that operators change, validated as a whole (design §9). */
import { MAX_LIMIT, UNLIMITED } from '../../quotas/core/definition.js';

export const PRIORITIES = ['low', 'normal', 'high', 'urgent'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** More than `aboveFactor` × default needs so many different approvers. */
export interface QuorumRule {
  readonly aboveFactor: number;
  readonly approvers: number;
}

/** `dry_run`: what it would have decided is kept with the request, and nothing else happens. */
export const AUTO_MODES = ['off', 'dry_run', 'apply'] as const;
export type AutoMode = (typeof AUTO_MODES)[number];

/** Approves what is asked for where every bound is kept. */
export interface AutoRule {
  readonly name: string;
  readonly mode: AutoMode;
  /** Empty: every key. */
  readonly quotaKeys: readonly string[];
  /** Up to so many times the default. */
  readonly maxFactor: number;
  readonly minAccountAgeDays: number;
  /** No grant for the same key and scope began within so many days. */
  readonly noGrantWithinDays: number;
  /** So much of the present limit is used, 0 to 100. */
  readonly minUsedPercent: number;
}

export interface RequestRules {
  /** Open requests of one domain at once. */
  readonly maxOpenPerDomain: number;
  readonly quorum: readonly QuorumRule[];
  readonly auto: readonly AutoRule[];
  /** Hours in which a request is to be decided, while nobody waits for the requester. */
  readonly slaHours: Readonly<Record<Priority, number>>;
  /** Percent of that time after which approvers are reminded. */
  readonly remindAtPercent: number;
  /** A question unanswered for so long ends the request. */
  readonly silentDays: number;
  /** Nothing said or done for so long ends any open request. */
  readonly openDays: number;
}

export interface RuleProblem {
  readonly path: string;
  readonly message: string;
}

/** What the shape alone cannot say. */
export function ruleProblems({ quorum, auto, silentDays, openDays }: RequestRules): RuleProblem[] {
  const problems: RuleProblem[] = [];
  quorum.forEach(({ aboveFactor, approvers }, index) => {
    const before = quorum[index - 1];
    if (before !== undefined && (aboveFactor <= before.aboveFactor || approvers <= before.approvers))
      problems.push({ path: `quorum[${String(index)}]`, message: 'must ascend in above_factor and approvers' });
  });
  auto.forEach(({ name }, index) => {
    if (auto.findIndex((other) => other.name === name) < index)
      problems.push({ path: `auto[${String(index)}].name`, message: 'is the name of another rule' });
  });
  if (openDays < silentDays) problems.push({ path: 'open_days', message: 'must not be below silent_days' });
  return problems;
}

/** How many times the default it is; infinite where nothing or everything is the default, or everything is wanted. */
export function factorOf(limit: number, given: number): number {
  if (limit === UNLIMITED || given <= 0) return Infinity;
  return Math.min(limit, MAX_LIMIT) / given;
}

/** How many different approvers it takes to grant the limit; at least one. */
export function quorumOf(rules: Pick<RequestRules, 'quorum'>, limit: number, given: number): number {
  const factor = factorOf(limit, given);
  return Math.max(1, ...rules.quorum.filter(({ aboveFactor }) => factor > aboveFactor).map((rule) => rule.approvers));
}

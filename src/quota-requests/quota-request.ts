/** A quota request as it is kept, and what was said and done about it. Instants are epoch ms by the database's clock. */
import { randomBytes } from 'node:crypto';
import type { Principal } from '../kernel/principal.js';
import type { Caller, Scope } from '../quotas/index.js';
import type { Approval } from './core/approvals.js';
import type { AutoOutcome } from './core/auto-decision.js';
import type { Priority } from './core/request-rules.js';
import type { RequestState, Side } from './core/request-states.js';

export type DecisionOutcome = 'approved' | 'partially_approved' | 'denied';

export interface RequestDecision {
  readonly outcome: DecisionOutcome;
  /** Null for a denial. */
  readonly granted: number | null;
  readonly grantedUntil: number | null;
  /** Without ids where a rule decided. */
  readonly by: Caller;
  readonly at: number;
  readonly reason: string;
  /** The rule that decided, with what it looked at. */
  readonly rule: { readonly name: string; readonly inputs: object } | null;
}

/** What is wished for. */
export interface Wish {
  readonly desired: number;
  readonly untilMs: number | null;
}

/** What somebody asks for. */
export interface NewRequest extends Wish {
  /** Null: the caller's own. */
  readonly domainId: string | null;
  readonly quotaKey: string;
  readonly scope: Scope;
  readonly reason: string;
  readonly contact: string | null;
  readonly links: readonly string[];
  readonly priority: Priority;
  readonly validateOnly: boolean;
}

export interface QuotaRequest extends Wish {
  readonly domainId: string;
  readonly id: string;
  readonly quotaKey: string;
  /** As `scopeKey` makes it. */
  readonly scope: string;
  readonly state: RequestState;
  readonly limitAtRequest: number;
  readonly reason: string;
  readonly contact: string | null;
  readonly links: readonly string[];
  readonly requester: Caller;
  /** Users, as {@link userKey} names them, who ever said what is wished. */
  readonly authors: readonly string[];
  readonly priority: Priority;
  readonly assignee: Caller | null;
  readonly decision: RequestDecision | null;
  /** Null where a limit was set instead of a grant, and without an approval. */
  readonly grantId: string | null;
  /** What rules said when it was made. */
  readonly auto: AutoOutcome | null;
  readonly version: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly dueAt: number;
  readonly pausedAt: number | null;
  /** 0 none, 1 reminded, 2 told that it is overdue. */
  readonly reminders: number;
  /** When it was read. */
  readonly asOf: number;
  /** Of the grant, as it stood then. */
  readonly interval: {
    readonly fromMs: number;
    readonly untilMs: number | null;
    readonly revokedAtMs: number | null;
  } | null;
}

/** One row of the history. */
export interface RequestStep {
  readonly at: number;
  /** An action of the table of states, or `create`, `assign`, `prioritize`, `remind`. */
  readonly action: string;
  readonly side: Side;
  readonly by: Caller;
  readonly from: RequestState | null;
  readonly to: RequestState;
  readonly note: string;
  readonly details: object | null;
  /** Never shown to the tenant. */
  readonly internal: boolean;
}

export interface RequestComment {
  readonly at: number;
  readonly side: 'requester' | 'approver';
  readonly by: Caller;
  readonly internal: boolean;
  readonly text: string;
}

export interface StoredApproval extends Approval {
  readonly by: Caller;
  readonly at: number;
  readonly reason: string;
}

/** A request with all that is told of it. */
export interface RequestDetail {
  readonly request: QuotaRequest;
  readonly history: readonly RequestStep[];
  readonly comments: readonly RequestComment[];
  readonly approvals: readonly StoredApproval[];
}

/** Whoever it is, by a token or by any access key. */
export function userKey({ domainId, userId }: Pick<Principal, 'domainId' | 'userId'>): string {
  return `${domainId}/${userId}`;
}

export function personOf({ domainId, userId, userName }: Principal): Caller {
  return { domainId, userId, userName };
}

/** Tells its domain, as ids of grants do. */
export function newRequestId(domainId: string): string {
  return `${randomBytes(16).toString('hex')}.${domainId}`;
}

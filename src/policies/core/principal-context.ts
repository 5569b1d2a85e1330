/** What a request says of its caller, under the global condition keys (domain/iam.md §1.1, §1.2). */
import { foldCase } from './letter-case.js';
import type { RequestContext } from './policy.js';

/** Who would do it. Null where the question is about policies alone. */
export interface PrincipalFacts {
  readonly userId: string;
  readonly userName: string;
  readonly domainId: string;
  readonly domainName: string;
  /** Known by an external issuer only: no URN of ours names it. */
  readonly isFederated: boolean;
}

/** What of a request no caller may choose for another. */
export function principalContext(facts: PrincipalFacts): RequestContext {
  const { userId, userName, domainId, domainName, isFederated } = facts;
  return {
    'g:UserId': userId,
    'g:UserName': userName,
    'g:DomainId': domainId,
    'g:DomainName': domainName,
    'g:PrincipalAccount': domainId,
    ...(!isFederated && { 'g:PrincipalUrn': `iam::${domainId}:user:${userName}` }),
  };
}

/** When, from where and how surely somebody calls. */
export interface CallFacts {
  readonly nowMs: number;
  readonly sourceIp: string;
  /** Epoch ms of the second factor; null without one. */
  readonly mfaAt: number | null;
  readonly projectName: string | null;
}

export function callContext({ nowMs, sourceIp, mfaAt, projectName }: CallFacts): RequestContext {
  return {
    'g:CurrentTime': new Date(nowMs).toISOString(),
    'g:SourceIp': sourceIp,
    'g:MFAPresent': mfaAt !== null,
    ...(mfaAt !== null && { 'g:MFAAge': Math.max(0, Math.floor((nowMs - mfaAt) / 1_000)) }),
    ...(projectName !== null && { 'g:ProjectName': projectName }),
  };
}

/** `over` wins, also over the same key in other letters: a key that is read in any case is written once. */
export function mergedContext(under: RequestContext, over: RequestContext): RequestContext {
  const taken = new Set(Object.keys(over).map(foldCase));
  const kept = Object.entries(under).filter(([key]) => !taken.has(foldCase(key)));
  return { ...Object.fromEntries(kept), ...over };
}

/** What is known of condition keys: their types, by which an operator that does not fit is found (domain/iam.md §1.1, §1.2, §2.2). */
import { foldCase } from './letter-case.js';
import type { OperatorUse, ValueType } from './operators.js';

export interface KeyFact {
  readonly type: Exclude<ValueType, 'presence'>;
  /** The request may hold several values. */
  readonly multiValued: boolean;
}

const one = (type: KeyFact['type']): KeyFact => ({ type, multiValued: false });
const many: KeyFact = { type: 'string', multiValued: true };

/** `g:SourceIp` is no documented key; the registry sends it, and the address operators need one. */
const GLOBAL_KEYS: Readonly<Record<string, KeyFact>> = {
  'g:CurrentTime': one('date'),
  'g:DomainName': one('string'),
  'g:DomainId': one('string'),
  'g:MFAPresent': one('bool'),
  'g:MFAAge': one('number'),
  'g:ProjectName': one('string'),
  'g:ServiceName': one('string'),
  'g:UserId': one('string'),
  'g:UserName': one('string'),
  'g:PrincipalUrn': one('string'),
  'g:PrincipalAccount': one('string'),
  'g:PrincipalOrgPath': one('string'),
  'g:EnterpriseProjectId': one('string'),
  'g:SourceVpce': one('string'),
  'g:SourceIp': one('ip'),
  'g:TagKeys': many,
  'g:CalledVia': many,
};

const SERVICE_KEYS: Readonly<Record<string, KeyFact>> = {
  'swr:TargetOrgPath': one('string'),
  'swr:TargetOrgId': one('string'),
  'swr:TargetAccountId': one('string'),
  'swr:VpcId': one('string'),
  'swr:SubnetId': one('string'),
  'swr:TargetRegion': one('string'),
  'swr:SourceRegion': one('string'),
  'swr:EnablePublicNameSpace': one('bool'),
  'swr:EnableObsEncrypt': one('bool'),
  'swr:AllowPublicAccess': one('bool'),
  'swr:TargetUrls': many,
  'swr:SourceUrls': many,
  'sts:TransitiveTagKeys': many,
  'sts:DurationTimes': one('number'),
};

/** Followed by the key of a tag. */
const TAG_PREFIXES = ['g:principaltag/', 'g:resourcetag/', 'g:requesttag/'];

const FACTS = new Map(
  Object.entries({ ...GLOBAL_KEYS, ...SERVICE_KEYS }).map(([key, fact]) => [foldCase(key), fact] as const),
);

/** Null for a key that nothing is known of. A tag may have one value or, in a request, several. */
export function keyFact(key: string): KeyFact | null {
  const folded = foldCase(key);
  if (TAG_PREFIXES.some((prefix) => folded.startsWith(prefix) && folded.length > prefix.length)) return many;
  return FACTS.get(folded) ?? null;
}

export function isGlobalKey(key: string): boolean {
  return foldCase(key).startsWith('g:');
}

export function fitsKey(operator: OperatorUse, key: string): boolean {
  const fact = keyFact(key);
  return fact === null || operator.type === 'presence' || operator.type === fact.type;
}

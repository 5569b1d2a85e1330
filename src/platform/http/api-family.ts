/** Tells by the path which API a request is for: each speaks codes and body shapes of its own (design §10). */

/**
 * - `iam`: keystone and IAM paths; bodies add `error{code,message,title}`
 * - `iam5`: `/v5/…`; the codes of IAM without keystone's members (domain/iam.md §3.2)
 * - `cts`: `/v3/{project_id}/…`
 * - `swr`: `/v2/…`; bodies are the superset of domain/quota.md §1.8
 * - `native`: everything else
 */
export type ApiFamily = 'iam' | 'iam5' | 'cts' | 'swr' | 'native';

/** Faults that have another code in each family. */
export type CommonFault = 'badBody' | 'badQuery' | 'forbidden' | 'throttled' | 'internalRead' | 'internalWrite';

/** First segments below `/v3` that are IAM's; any other first segment there is a project id of CTS. */
const IAM_SEGMENTS = new Set([
  'auth',
  'users',
  'groups',
  'projects',
  'domains',
  'roles',
  'role_assignments',
  'credentials',
  'services',
  'endpoints',
  'regions',
  'policies',
]);

export function familyOf(path: string): ApiFamily {
  const [, version, first = ''] = (path.split('?', 1)[0] ?? '').split('/');
  if (version === 'v3.0') return 'iam';
  if (version === 'v3') return IAM_SEGMENTS.has(first) || first.startsWith('OS-') ? 'iam' : 'cts';
  if (version === 'v5') return 'iam5';
  return version === 'v2' ? 'swr' : 'native';
}

const CODES: Readonly<Record<CommonFault, Readonly<Record<ApiFamily, string>>>> = {
  badBody: { iam: 'IAM.0011', iam5: 'IAM.0011', cts: 'CTS.0003', swr: 'QST.BadRequest', native: 'QST.BadRequest' },
  badQuery: { iam: 'IAM.0011', iam5: 'IAM.0011', cts: 'CTS.0300', swr: 'QST.BadRequest', native: 'QST.BadRequest' },
  forbidden: { iam: 'IAM.0003', iam5: 'IAM.0003', cts: 'CTS.0013', swr: 'QST.Forbidden', native: 'QST.Forbidden' },
  // The gateway's, before any service of Huawei's is reached (support.huaweicloud.com, "How Do I Handle the Error APIG.0308").
  throttled: {
    iam: 'APIGW.0308',
    iam5: 'APIGW.0308',
    cts: 'APIGW.0308',
    swr: 'APIGW.0308',
    native: 'QST.TooManyRequests',
  },
  internalRead: { iam: 'IAM.0006', iam5: 'IAM.0006', cts: 'CTS.0005', swr: 'QST.Internal', native: 'QST.Internal' },
  internalWrite: { iam: 'IAM.0006', iam5: 'IAM.0006', cts: 'CTS.0004', swr: 'QST.Internal', native: 'QST.Internal' },
};

export function codeFor(fault: CommonFault, family: ApiFamily): string {
  return CODES[fault][family];
}

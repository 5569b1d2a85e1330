/** Tells by the path which API a request is for: each speaks codes and body shapes of its own (design §10). */

/**
 * - `iam`: keystone and IAM paths; bodies add `error{code,message,title}`
 * - `iam5`: `/v5/…`; the codes of IAM without keystone's members (domain/iam.md §3.2)
 * - `cts`: `/v3/{project_id}/…`
 * - `osm`: `/v2/servicerequest/…`, tickets (domain/quota.md §2.2)
 * - `swr`: the rest of `/v2/…`; bodies are the superset of domain/quota.md §1.8
 * - `native`: everything else
 */
export type ApiFamily = 'iam' | 'iam5' | 'cts' | 'osm' | 'swr' | 'native';

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
  if (version === 'v2') return first === 'servicerequest' ? 'osm' : 'swr';
  return 'native';
}

/** The gateway's, before any service of Huawei's is reached (support.huaweicloud.com, "How Do I Handle the Error APIG.0308"). */
const THROTTLED = 'APIGW.0308';

const CODES: Readonly<Record<ApiFamily, Readonly<Record<CommonFault, string>>>> = {
  iam: codes('IAM.0011', 'IAM.0011', 'IAM.0003', THROTTLED, 'IAM.0006', 'IAM.0006'),
  iam5: codes('IAM.0011', 'IAM.0011', 'IAM.0003', THROTTLED, 'IAM.0006', 'IAM.0006'),
  cts: codes('CTS.0003', 'CTS.0300', 'CTS.0013', THROTTLED, 'CTS.0005', 'CTS.0004'),
  osm: codes('OSM.01010001', 'OSM.01010001', 'OSM.01010002', THROTTLED, 'OSM.0004', 'OSM.0004'),
  swr: codes('QST.BadRequest', 'QST.BadRequest', 'QST.Forbidden', THROTTLED, 'QST.Internal', 'QST.Internal'),
  native: codes(
    'QST.BadRequest',
    'QST.BadRequest',
    'QST.Forbidden',
    'QST.TooManyRequests',
    'QST.Internal',
    'QST.Internal',
  ),
};

export function codeFor(fault: CommonFault, family: ApiFamily): string {
  return CODES[family][fault];
}

function codes(
  badBody: string,
  badQuery: string,
  forbidden: string,
  throttled: string,
  internalRead: string,
  internalWrite: string,
): Record<CommonFault, string> {
  return { badBody, badQuery, forbidden, throttled, internalRead, internalWrite };
}

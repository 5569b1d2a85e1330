/** The error catalogue: what HTTP status each wire code stands for. An unlisted code is answered as 500. */

export interface ErrorEntry {
  readonly status: number;
  /** Title in keystone bodies; absent: the status's reason phrase. */
  readonly title?: string;
}

/** Gateway codes, answered before any service is reached (domain/iam.md §5). */
const GATEWAY = {
  'APIGW.0101': { status: 404 },
  'APIGW.0301': { status: 401 },
  'APIGW.0303': { status: 401 },
} satisfies Record<string, ErrorEntry>;

/** domain/cts.md §2.10. */
const CTS = {
  'CTS.0001': { status: 400 },
  'CTS.0002': { status: 403 },
  'CTS.0003': { status: 400 },
  'CTS.0004': { status: 500 },
  'CTS.0005': { status: 500 },
  'CTS.0013': { status: 403 },
  'CTS.0100': { status: 404 },
  'CTS.0214': { status: 404 },
  'CTS.0300': { status: 400 },
} satisfies Record<string, ErrorEntry>;

/** domain/iam.md §3.1 lists code and status of each. */
const IAM = {
  'IAM.0001': { status: 401 },
  'IAM.0002': { status: 403 },
  'IAM.0003': { status: 403 },
  'IAM.0004': { status: 404 },
  'IAM.0005': { status: 409 },
  'IAM.0006': { status: 500 },
  'IAM.0009': { status: 400 },
  'IAM.0011': { status: 400 },
  'IAM.0012': { status: 429 },
  'IAM.0061': { status: 401 },
  'IAM.0062': { status: 401 },
  'IAM.0063': { status: 401 },
  'IAM.0066': { status: 401 },
  'IAM.0067': { status: 401 },
} satisfies Record<string, ErrorEntry>;

/** What the IAM API says of users, without a prefix (domain/iam.md §3.1; OTC API reference, error codes). */
const IAM_USERS = {
  '1100': { status: 400 },
  '1101': { status: 400 },
  '1102': { status: 400 },
  '1103': { status: 400 },
  '1104': { status: 400 },
  '1106': { status: 400 },
  '1107': { status: 400 },
  '1108': { status: 400 },
  '1109': { status: 400 },
  '1117': { status: 400 },
  '1118': { status: 400 },
  '1120': { status: 400 },
} satisfies Record<string, ErrorEntry>;

/** Faults of roles and of policy documents, IAM.1000 to IAM.1060 (domain/iam.md §1.4). */
const IAM_POLICIES: Readonly<Record<string, ErrorEntry>> = Object.fromEntries(
  Array.from({ length: 61 }, (_, index) => [`IAM.${String(1_000 + index)}`, { status: 400 }]),
);

/** The code of `/v5` that clients act on: they delete a version and try again (API reference of IAM v5, error codes). */
const IAM5 = {
  'PAP5.0028': { status: 409 },
} satisfies Record<string, ErrorEntry>;

/** Faults of organizations, images and their permissions (SWR API reference, error codes). */
const SWR = {
  'SVCSTG.SWR.4000014': { status: 400 },
  'SVCSTG.SWR.4001028': { status: 400 },
  'SVCSTG.SWR.4001029': { status: 400 },
  'SVCSTG.SWR.4001065': { status: 400 },
  'SVCSTG.SWR.4001066': { status: 400 },
  'SVCSTG.SWR.4001067': { status: 400 },
  'SVCSTG.SWR.4039002': { status: 403 },
  'SVCSTG.SWR.4040078': { status: 404 },
  'SVCSTG.SWR.4040091': { status: 404 },
  'SVCSTG.SWR.4090076': { status: 409 },
  'SVCSTG.SWR.4090089': { status: 409 },
} satisfies Record<string, ErrorEntry>;

/** Our own API, and what no foreign API has a code for. */
const NATIVE = {
  'QST.BadRequest': { status: 400 },
  'QST.BadCursor': { status: 400 },
  'QST.Forbidden': { status: 403 },
  'QST.NotFound': { status: 404 },
  'QST.MethodNotAllowed': { status: 405 },
  'QST.RequestTimeout': { status: 408 },
  'QST.Conflict': { status: 409 },
  'QST.CursorGone': { status: 410 },
  'QST.TooLarge': { status: 413 },
  'QST.UriTooLong': { status: 414 },
  'QST.UnsupportedMediaType': { status: 415 },
  'QST.IdempotencyConflict': { status: 422 },
  'QST.TooManyRequests': { status: 429 },
  'QST.HeadersTooLarge': { status: 431 },
  'QST.PreconditionFailed': { status: 412 },
  'QST.Quota.Exceeded': { status: 409 },
  'QST.Quota.ReservationExpired': { status: 409 },
  'QST.Quota.NameTaken': { status: 409 },
  'QST.Quota.ScopeClosed': { status: 409 },
  'QST.Quota.LimitConflict': { status: 409 },
  'QST.QuotaRequest.Open': { status: 409 },
  'QST.QuotaRequest.AlreadySatisfied': { status: 409 },
  'QST.QuotaRequest.IllegalTransition': { status: 409 },
  'QST.QuotaRequest.TooManyOpen': { status: 409 },
  'QST.QuotaRequest.SelfApproval': { status: 403 },
  'QST.Internal': { status: 500 },
  'QST.Unavailable': { status: 503 },
  'QST.Timeout': { status: 503 },
} satisfies Record<string, ErrorEntry>;

const CATALOG: Readonly<Record<string, ErrorEntry>> = {
  ...GATEWAY,
  ...CTS,
  ...IAM,
  ...IAM_USERS,
  ...IAM_POLICIES,
  ...IAM5,
  ...SWR,
  ...NATIVE,
};

export function isKnownCode(code: string): boolean {
  return Object.hasOwn(CATALOG, code);
}

export function statusOf(code: string): number {
  return entryOf(code).status;
}

/** Title of a keystone body, e.g. `Not Found`. */
export function titleOf(code: string): string {
  const { status, title } = entryOf(code);
  return title ?? REASON_PHRASES[status] ?? 'Error';
}

function entryOf(code: string): ErrorEntry {
  return (isKnownCode(code) ? CATALOG[code] : undefined) ?? { status: 500 };
}

const REASON_PHRASES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  410: 'Gone',
  412: 'Precondition Failed',
  413: 'Payload Too Large',
  414: 'URI Too Long',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** What the ways of proving who one is have in common. */
import { AppError } from '../kernel/errors.js';
import type { RequestOrigin } from '../platform/http/request-origin.js';

/** Header names in lower case, as Node has them. */
export type RequestHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** A request as it arrived: signatures are made over nothing less. */
export interface PresentedRequest {
  readonly method: string;
  /** Path and query, as received. */
  readonly url: string;
  readonly headers: RequestHeaders;
  /** What the caller sent as Host, with its port; from a trusted proxy what it was told. */
  readonly host: string;
  /** As received; empty where there was none. */
  readonly body: Buffer;
  readonly origin: RequestOrigin;
}

/** `APIGW.0301`, in the gateway's words. */
export function refusedCredentials(reason: string, cause?: unknown): AppError {
  return new AppError('APIGW.0301', `Incorrect IAM authentication information: ${reason}`, { cause });
}

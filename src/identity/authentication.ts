/** What the ways of proving who one is have in common. */
import { AppError } from '../kernel/errors.js';

/** Header names in lower case, as Node has them. */
export type RequestHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** A request as it arrived: signatures are made over nothing less. */
export interface PresentedRequest {
  readonly method: string;
  /** Path and query, as received. */
  readonly url: string;
  readonly headers: RequestHeaders;
  /** As received; empty where there was none. */
  readonly body: Buffer;
}

/** `APIGW.0301`, in the gateway's words. */
export function refusedCredentials(reason: string, cause?: unknown): AppError {
  return new AppError('APIGW.0301', `Incorrect IAM authentication information: ${reason}`, { cause });
}

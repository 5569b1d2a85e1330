/** Turns any thrown thing into the answer the caller gets: status, headers and a body in the shape of its API family. */
import { HttpException } from '@nestjs/common';
import { AppError, type Problem } from '../../kernel/errors.js';
import { classifyDatabaseError, sqlState } from '../database/database-error.js';
import { type ApiFamily, codeFor, familyOf } from './api-family.js';
import { statusOf, titleOf } from './error-catalog.js';

/** What of the request decides the answer. */
export interface FailedRequest {
  readonly method: string;
  readonly path: string;
  readonly requestId: string;
}

export interface ErrorResponse {
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

interface Fault {
  readonly code: string;
  readonly message: string;
  readonly problems?: readonly Problem[];
  readonly details?: Readonly<Record<string, unknown>>;
  readonly retryAfterSeconds?: number;
}

const QUERY_CANCELED = '57014';
const RETRY_AFTER_OUTAGE_S = 5;
const RETRY_AFTER_COLLISION_S = 1;
/** More than these are in `problems` only. */
const PROBLEMS_IN_MESSAGE = 20;

export function errorResponse(error: unknown, request: FailedRequest): ErrorResponse {
  const family = familyOf(request.path);
  const fault = faultOf(error, request, family);
  const status = statusOf(fault.code);
  const message = status === 500 ? 'An internal error occurred.' : describe(fault);
  return {
    status,
    code: fault.code,
    headers: fault.retryAfterSeconds === undefined ? {} : { 'retry-after': String(fault.retryAfterSeconds) },
    body: {
      error_code: fault.code,
      error_msg: message,
      request_id: request.requestId,
      ...(status < 500 && fault.problems?.length ? { problems: fault.problems } : {}),
      ...(status < 500 ? fault.details : {}),
      ...familyMembers(family, fault.code, message),
    },
  };
}

function familyMembers(family: ApiFamily, code: string, message: string): Record<string, unknown> {
  if (family === 'iam') return { error: { code: statusOf(code), message, title: titleOf(code) } };
  if (family === 'swr')
    return {
      errorCode: code,
      errorMessage: message,
      errors: [{ errorCode: code, errorMessage: message, detail: message }],
    };
  return {};
}

function describe({ message, problems = [] }: Fault): string {
  if (problems.length === 0) return message;
  const shown = problems.slice(0, PROBLEMS_IN_MESSAGE).map(({ path, message: what }) => `${path}: ${what}`);
  const rest = problems.length - shown.length;
  return `${message}: ${shown.join('; ')}${rest > 0 ? `; and ${String(rest)} more` : ''}`;
}

function faultOf(error: unknown, request: FailedRequest, family: ApiFamily): Fault {
  if (error instanceof AppError)
    return {
      code: error.code,
      message: error.message,
      problems: error.problems,
      details: error.details,
      ...(statusOf(error.code) === 503 ? { retryAfterSeconds: RETRY_AFTER_OUTAGE_S } : {}),
    };
  const status = httpStatus(error);
  if (status !== null && status < 500) return clientFault(status, family, request);
  if (sqlState(error) === QUERY_CANCELED)
    return {
      code: 'QST.Timeout',
      message: 'The search took too long and was ended. Narrow it: a shorter time window, or a further filter.',
      retryAfterSeconds: RETRY_AFTER_COLLISION_S,
    };
  const database = classifyDatabaseError(error);
  if (status === 503 || database === 'outage' || database === 'collision')
    return {
      code: 'QST.Unavailable',
      message: 'The service is temporarily unavailable. Try again later.',
      retryAfterSeconds: database === 'collision' ? RETRY_AFTER_COLLISION_S : RETRY_AFTER_OUTAGE_S,
    };
  const reads = request.method === 'GET' || request.method === 'HEAD';
  return { code: codeFor(reads ? 'internalRead' : 'internalWrite', family), message: '' };
}

const JSON_WANTED = 'The body must be JSON with Content-Type application/json and without Content-Encoding.';

/** Errors of Nest and Fastify carry a status; their own wording names their internals, so it is not repeated. */
function clientFault(status: number, family: ApiFamily, request: FailedRequest): Fault {
  switch (status) {
    case 401:
      return { code: 'APIGW.0301', message: 'Incorrect IAM authentication information' };
    case 403:
      return { code: codeFor('forbidden', family), message: 'You are not authorized to perform this operation.' };
    case 404:
      return { code: 'APIGW.0101', message: `The API does not exist: ${request.method} ${pathOnly(request.path)}` };
    case 405:
      return { code: 'QST.MethodNotAllowed', message: 'This method is not allowed here.' };
    case 408:
      return { code: 'QST.RequestTimeout', message: 'The request did not arrive in time.' };
    case 413:
      return { code: 'QST.TooLarge', message: 'The request body is too large.' };
    case 414:
      return { code: 'QST.UriTooLong', message: 'The URL, or a part of its path, is too long.' };
    case 415:
      // AuthZEN 1.0 knows only 400 for what it cannot read.
      if (request.path.startsWith('/access/v1/'))
        return {
          code: codeFor('badBody', family),
          message: JSON_WANTED,
        };
      return { code: 'QST.UnsupportedMediaType', message: JSON_WANTED };
    case 429:
      return { code: codeFor('throttled', family), message: 'Too many requests.' };
    case 431:
      return { code: 'QST.HeadersTooLarge', message: 'The request headers are too large.' };
    default:
      return { code: codeFor('badBody', family), message: 'The request cannot be read: malformed URL or body.' };
  }
}

const MOST_PATH_SHOWN = 200;

function pathOnly(path: string): string {
  return (path.split('?', 1)[0] ?? '').slice(0, MOST_PATH_SHOWN);
}

/** Status of an error of Nest, or of Fastify and http-errors (`statusCode`); null for any other. */
function httpStatus(error: unknown): number | null {
  if (!(error instanceof Error)) return null;
  if (error instanceof HttpException) return error.getStatus();
  return 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : null;
}

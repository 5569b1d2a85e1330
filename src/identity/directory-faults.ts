/** Refusals that the routes of the directory have in common, in the words of the IAM API. */
import { AppError } from '../kernel/errors.js';
import type { Principal } from '../kernel/principal.js';
import type { Actor } from './directory-recorder.service.js';
import { sqlState, violatedConstraint } from '../platform/database/database-error.js';

const UNIQUE_VIOLATION = '23505';

/** `IAM.0004`; of another domain's or of none, nobody can tell. */
export function notFound(target: string, id: string): AppError {
  return new AppError('IAM.0004', `Could not find ${target}: ${id}.`);
}

/** `IAM.0005`. */
export function conflict(type: string, details: string, cause?: unknown): AppError {
  return new AppError('IAM.0005', `Conflict occurred when attempting to store ${type} - ${details}.`, { cause });
}

/** `IAM.0003`. */
export function forbidden(reason: string): AppError {
  return new AppError('IAM.0003', `You are not authorized to perform this operation: ${reason}.`);
}

/** Before anything is looked up, so that the answer does not tell whether there is such a user. */
export function requireOwnOrAllowed({ principal, beyondSelf }: Omit<Actor, 'origin'>, ownerId: string): void {
  if (principal.userId !== ownerId && !beyondSelf()) throw forbidden('no policy allows it for what is not your own');
}

/** A domain named in a request must be the caller's: any other one, existing or not, is refused alike. */
export function requireOwnDomain({ domainId }: Principal, named: string | undefined): void {
  if (named !== undefined && named !== '' && named !== domainId) throw forbidden('the domain is not yours');
}

/** Turns the violation of a unique constraint into what `fault` makes of its name. */
export async function namingConflicts<T>(
  work: () => Promise<T>,
  fault: (constraint: string, cause: unknown) => AppError,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (sqlState(error) !== UNIQUE_VIOLATION) throw error;
    throw fault(violatedConstraint(error) ?? '', error);
  }
}

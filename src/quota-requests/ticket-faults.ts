/** Faults of quota requests in the codes and words of tickets (ticket API reference, error codes). */
import { AppError } from '../kernel/errors.js';
import { ticketProblem } from './core/wire-ticket-problems.js';
import { allowedActions, type TicketStatus } from './core/wire-ticket-status.js';

/** What the reference has a code for; the others (`QST.QuotaRequest.Open` …) say more than any code of it. */
const CODES: ReadonlyMap<string, string> = new Map([
  ['QST.BadRequest', 'OSM.01010001'],
  ['QST.Forbidden', 'OSM.01010002'],
  ['QST.NotFound', 'OSM.01010015'],
]);

/** Runs work on the request behind a ticket, and throws what it throws as tickets tell it. */
export async function asTicket<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const code = CODES.get(error.code);
    if (code === undefined) throw error;
    if (code === 'OSM.01010015') throw noSuchCase(error);
    const problems = error.problems.map(ticketProblem);
    throw new AppError(code, error.message, { problems, details: error.details, cause: error });
  }
}

export function noSuchCase(cause?: unknown): AppError {
  return new AppError('OSM.01010015', 'This case does not exist.', { cause });
}

/** No policy allows it for what is not one's own. */
export function notYours(): AppError {
  return new AppError(
    'OSM.01010002',
    'You are not authorized to perform this operation: no policy allows it for what is not your own.',
  );
}

/** `action` is none that the status takes. */
export function notNow(status: TicketStatus, action: string): AppError {
  return new AppError(
    'QST.QuotaRequest.IllegalTransition',
    `A ticket of status ${String(status)} cannot take ${action}.`,
    {
      details: { status, action, allowed: allowedActions(status) },
    },
  );
}

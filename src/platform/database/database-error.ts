/** Tells what a database error means for the one who meets it: the row's fault, a collision, an outage, or our own. */

/**
 * - `row`: SQLSTATE classes 22, 23, 54; the data is at fault and will be at every try
 * - `collision`: 40001, 40P01, 55P03; the same work again may succeed
 * - `outage`: classes 08, 53, 57, 58, 25P03/25P04 (ended for idling or taking too long) and connections that fail without a state
 * - `defect`: everything else, e.g. a statement that cannot be parsed
 */
export type DatabaseFault = 'row' | 'collision' | 'outage' | 'defect';

const COLLISIONS = new Set(['40001', '40P01', '55P03']);
const OUTAGE_STATES = new Set(['25P03', '25P04']);
const OUTAGE_CLASSES = new Set(['08', '53', '57', '58']);
const ROW_CLASSES = new Set(['22', '23', '54']);
const OUTAGE_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
]);
/** node-postgres and its pool report these without any code. */
const OUTAGE_MESSAGES =
  /connection terminated|connection timeout|timeout exceeded when trying to connect|client has encountered a connection error|not queryable|cannot use a pool after|query read timeout/i;

export function classifyDatabaseError(error: unknown): DatabaseFault {
  const code = errorCode(error);
  if (code !== null) {
    if (COLLISIONS.has(code)) return 'collision';
    if (OUTAGE_STATES.has(code) || OUTAGE_CLASSES.has(code.slice(0, 2)) || OUTAGE_CODES.has(code)) return 'outage';
    if (/^[0-9A-Z]{5}$/.test(code) && ROW_CLASSES.has(code.slice(0, 2))) return 'row';
    if (/^[0-9A-Z]{5}$/.test(code)) return 'defect';
  }
  return error instanceof Error && OUTAGE_MESSAGES.test(error.message) ? 'outage' : 'defect';
}

/** The SQLSTATE of a Postgres error, also inside the wrapper that TypeORM puts around it; null for any other error. */
export function sqlState(error: unknown): string | null {
  const code = errorCode(error);
  return code !== null && /^[0-9A-Z]{5}$/.test(code) && !OUTAGE_CODES.has(code) ? code : null;
}

/** Name of the violated constraint, or null where the error names none. */
export function violatedConstraint(error: unknown): string | null {
  const source = driverError(error);
  return 'constraint' in source && typeof source.constraint === 'string' ? source.constraint : null;
}

function errorCode(error: unknown): string | null {
  const source = driverError(error);
  return 'code' in source && typeof source.code === 'string' ? source.code : null;
}

function driverError(error: unknown): object {
  if (typeof error !== 'object' || error === null) return {};
  if ('driverError' in error && typeof error.driverError === 'object' && error.driverError !== null)
    return error.driverError;
  return error;
}

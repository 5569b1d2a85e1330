/** Keeps secrets out of the log: by the name of a field, by the form of a text, and by the secrets given at start. */
import { isNativeError } from 'node:util/types';
import { sqlState } from '../database/database-error.js';

const REDACTED = '[redacted]';
/** Compared with `-` and `_` removed, in lower case. */
const SECRET_FIELDS = new Set([
  'authorization',
  'proxyauthorization',
  'xauthtoken',
  'xsubjecttoken',
  'xsecuritytoken',
  'securitytoken',
  'password',
  'passwd',
  'secret',
  'secretkey',
  'privatekey',
  'encryptionkey',
  'token',
  'cookie',
  'setcookie',
  'connectionstring',
  'parameters',
]);
const URL_CREDENTIALS = /([a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):[^\s/@]+@/gi;
const JWT = /\beyJ[\w-]{8,}\.[\w-]+\.[\w-]+/g;
const MOST_DEPTH = 8;
const MOST_CAUSES = 5;
const MOST_MEMBERS = 200;
const STATEMENT_LENGTH = 300;
/** A shorter text would take ordinary words out of the log. */
const SHORTEST_SECRET = 6;

/** A copy of `value` that is fit for the log; errors become plain objects, cycles and great depth are cut. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return String(value);
  if (value === null || typeof value !== 'object') return typeof value === 'function' ? '[function]' : value;
  if (depth >= MOST_DEPTH) return '[…]';
  if (isError(value)) return serializeError(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (ArrayBuffer.isView(value)) return `[${String(value.byteLength)} bytes]`;
  if (Array.isArray(value)) return value.slice(0, MOST_MEMBERS).map((item) => redact(item, depth + 1));
  const entries = value instanceof Map ? [...value.entries()] : Object.entries(value);
  return Object.fromEntries(
    entries
      .slice(0, MOST_MEMBERS)
      .map(([key, member]) => [
        String(key),
        isSecretField(String(key)) && member !== undefined ? REDACTED : redact(member, depth + 1),
      ]),
  );
}

function isSecretField(name: string): boolean {
  return SECRET_FIELDS.has(name.replace(/[-_]/g, '').toLowerCase());
}

export function redactText(text: string): string {
  return text.replace(URL_CREDENTIALS, `$1:${REDACTED}@`).replace(JWT, REDACTED);
}

/**
 * What is told of an error: name, message, stack frames, causes, and of a driver's error the members that name no data.
 * `detail`, `where`, `hint`, `query` values and `parameters` of Postgres and TypeORM hold customers' rows: never told.
 */
export function serializeError(error: unknown, causes = 0): Record<string, unknown> {
  if (!isError(error)) return { message: String(redact(error)) };
  const state = sqlState(error);
  const told: Record<string, unknown> = { type: error.name, message: redactText(messageOf(error, state)) };
  const source: object = driverError(error);
  for (const member of ['code', 'severity', 'table', 'column', 'constraint', 'routine', 'syscall', 'address', 'port']) {
    const value: unknown = Reflect.get(source, member);
    if (typeof value === 'string' || typeof value === 'number') told[member] = value;
  }
  if ('query' in error && typeof error.query === 'string') told.statement = maskStatement(error.query);
  const frames = stackFrames(error);
  if (frames !== '') told.stack = frames;
  if ('errors' in error && Array.isArray(error.errors))
    told.errors = error.errors.slice(0, MOST_CAUSES).map((each) => serializeError(each, causes + 1));
  if (error.cause !== undefined && causes < MOST_CAUSES) told.cause = serializeError(error.cause, causes + 1);
  return told;
}

/** Also of errors that Node made in another realm, e.g. under a test runner. */
function isError(value: unknown): value is Error {
  return value instanceof Error || isNativeError(value);
}

/** The text after a colon quotes the offending value in SQLSTATE classes 22 and 23. */
function messageOf(error: Error, state: string | null): string {
  if (state === null || !/^2[23]/.test(state)) return error.message;
  return error.message.split(':', 1)[0]?.replace(/"[^"]*"/g, '"…"') ?? '';
}

/** Values written into a statement, and the end of a long one, are left out. */
function maskStatement(statement: string): string {
  return redactText(statement.replace(/'(?:[^']|'')*'/g, "'…'").slice(0, STATEMENT_LENGTH));
}

/** The first lines of a stack repeat the message, so only the frames are kept. */
function stackFrames(error: Error): string {
  return (error.stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n');
}

function driverError(error: Error): object {
  return 'driverError' in error && typeof error.driverError === 'object' && error.driverError !== null
    ? error.driverError
    : error;
}

/** Takes given secrets, and the passwords inside given URLs, out of a finished log line (JSON text). */
export class SecretFilter {
  private readonly needles: readonly string[];

  constructor(secrets: readonly string[]) {
    const all = secrets.flatMap((secret) => [secret, ...passwordOf(secret)]);
    this.needles = [...new Set(all.filter((secret) => secret.length >= SHORTEST_SECRET))]
      .map((secret) => JSON.stringify(secret).slice(1, -1))
      // The longest first, so that a secret holding another goes as a whole.
      .sort((a, b) => b.length - a.length);
  }

  apply(line: string): string {
    let clean = line;
    for (const needle of this.needles) if (clean.includes(needle)) clean = clean.replaceAll(needle, REDACTED);
    return clean;
  }
}

function passwordOf(secret: string): string[] {
  if (!URL.canParse(secret)) return [];
  const { password } = new URL(secret);
  try {
    return [password, decodeURIComponent(password)];
  } catch {
    return [password];
  }
}

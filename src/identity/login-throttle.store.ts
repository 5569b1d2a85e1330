/**
 * Counts failed logins by user and by address, for all replicas (table `login_throttle`). Each verdict is one conditional
 * statement on the row itself, so that of many attempts at once no more learn anything than the limit says. Time is the
 * database's alone.
 */
import { createHash } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '../kernel/errors.js';
import type { Config } from '../platform/config/config.schema.js';
import { Database, type Sql } from '../platform/database/database.js';
import { CONFIG } from '../platform/tokens.js';

/** Who tries: rows of the table. */
export interface LoginSubjects {
  /** The user, or what was typed where there is none. */
  readonly user: string;
  readonly address: string;
}

export type FailureVerdict =
  | { readonly outcome: 'locked' }
  /** `nowLocked`: the subjects that this very failure locked. */
  | { readonly outcome: 'counted'; readonly nowLocked: readonly (keyof LoginSubjects)[] };

/** SQL: a lock that is over, a window that is over, and a success begin the count anew. */
const COUNTS_ANEW = `(t.locked_until IS NOT NULL OR t.failures = 0
                      OR t.first_failure_at <= clock_timestamp() - $4 * interval '1 minute')`;
const FAILURES = `CASE WHEN ${COUNTS_ANEW} THEN 1 ELSE t.failures + 1 END`;

function lockedFrom(subject: string, failures: string): string {
  return `CASE WHEN ${failures} >= CASE WHEN ${subject} LIKE 'address:%' THEN $3::int ELSE $2::int END
               THEN clock_timestamp() + $4 * interval '1 minute' END`;
}

const KEPT_HOURS = 24;
const MOST_PURGED = 10_000;

export function subjectOfUser(user: { readonly domainId: string; readonly id: string }): string {
  return `user:${user.domainId}:${user.id}`;
}

/** @param typed domain and name, or id; hashed, as people type passwords where names belong */
export function subjectOfUnknown(typed: readonly (string | undefined)[]): string {
  return `name:${createHash('sha256').update(JSON.stringify(typed)).digest('hex')}`;
}

/** Of IPv6 the network: whoever has one address there has 2⁶⁴. */
export function subjectOfAddress(address: string): string {
  return `address:${isIPv6(address) ? networkOf(address) : address}`;
}

function networkOf(address: string): string {
  const [plain = ''] = address.split('%', 1);
  const [left = [], right = []] = plain.split('::').map((half) => half.split(':').filter((group) => group !== ''));
  const zeros = Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0');
  const groups = [...left, ...zeros, ...right].slice(0, 4);
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`;
}

/** The same for users, names that nobody has, and addresses. */
export function lockedOut(): AppError {
  return new AppError('IAM.0061', 'The account or address is locked after too many failed logins. Try again later.');
}

@Injectable()
export class LoginThrottleStore {
  constructor(
    private readonly database: Database,
    @Inject(CONFIG)
    private readonly config: Pick<Config, 'LOGIN_LOCK_FAILURES' | 'LOGIN_LOCK_MINUTES' | 'LOGIN_ADDRESS_FAILURES'>,
  ) {}

  /** Whether a password may be looked at, at all. Cheap, before the expensive hash; the verdict is given afterwards. */
  async admits(subjects: LoginSubjects): Promise<boolean> {
    const [row] = await this.database.query<{ locked: boolean }>(
      `SELECT EXISTS (SELECT 1 FROM login_throttle WHERE subject = ANY ($1) AND locked_until > now()) AS locked`,
      [[subjects.user, subjects.address]],
    );
    return row?.locked === false;
  }

  /** Counts a failure with user and address. What is locked already counts no further, so that locks end. */
  async failed(subjects: LoginSubjects, sql: Sql): Promise<FailureVerdict> {
    const { LOGIN_LOCK_FAILURES, LOGIN_ADDRESS_FAILURES, LOGIN_LOCK_MINUTES } = this.config;
    const rows = await sql.query<{ subject: string; now_locked: boolean }>(
      // Always in the same order: two attempts never wait for each other in a ring.
      `INSERT INTO login_throttle AS t (subject, failures, first_failure_at, last_failure_at, locked_until)
       SELECT q.subject, 1, clock_timestamp(), clock_timestamp(), ${lockedFrom('q.subject', '1')}
       FROM unnest($1::text[]) AS q(subject) ORDER BY q.subject COLLATE "C"
       ON CONFLICT (subject) DO UPDATE SET
         failures = ${FAILURES},
         first_failure_at = CASE WHEN ${COUNTS_ANEW} THEN excluded.first_failure_at ELSE t.first_failure_at END,
         last_failure_at = excluded.last_failure_at,
         locked_until = ${lockedFrom('t.subject', FAILURES)}
       WHERE t.locked_until IS NULL OR t.locked_until <= clock_timestamp()
       RETURNING subject, locked_until IS NOT NULL AS now_locked`,
      [[subjects.address, subjects.user], LOGIN_LOCK_FAILURES, LOGIN_ADDRESS_FAILURES, LOGIN_LOCK_MINUTES],
    );
    if (rows.length < 2) return { outcome: 'locked' };
    const nowLocked = (['user', 'address'] as const).filter((kind) =>
      rows.some((row) => row.subject === subjects[kind] && row.now_locked),
    );
    return { outcome: 'counted', nowLocked };
  }

  /** Forgets the user's failures; false, and nothing is done, where it was locked meanwhile. */
  async succeeded(subjects: LoginSubjects, sql: Sql): Promise<boolean> {
    const rows = await sql.query(
      `INSERT INTO login_throttle AS t (subject, failures, first_failure_at, last_failure_at)
       VALUES ($1, 0, clock_timestamp(), clock_timestamp())
       ON CONFLICT (subject) DO UPDATE SET failures = 0, locked_until = NULL
       WHERE t.locked_until IS NULL OR t.locked_until <= clock_timestamp()
       RETURNING 1`,
      [subjects.user],
    );
    return rows.length > 0;
  }

  /** Removes what was last touched a day ago; a lock is always younger. Resolves with the number of rows. */
  async purge(): Promise<number> {
    const rows = await this.database.query(
      `DELETE FROM login_throttle WHERE subject IN (
         SELECT subject FROM login_throttle
         WHERE last_failure_at < now() - $1 * interval '1 hour' AND (locked_until IS NULL OR locked_until < now())
         LIMIT $2)
       RETURNING 1`,
      [KEPT_HOURS, MOST_PURGED],
    );
    return rows.length;
  }
}

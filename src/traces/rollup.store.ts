/** Hourly counts and the names seen, kept by the transaction that stores the traces they count. */
import { Injectable } from '@nestjs/common';
import { HOUR_MS } from '../kernel/clock.js';
import { compareText } from '../kernel/compare-text.js';
import type { Transaction } from '../platform/database/database.js';
import { integerArray, textArray } from '../platform/database/text-array.js';
import { rollUp } from './core/rollup.js';
import type { Trace } from './core/trace.js';

export interface Actor {
  readonly domainId: string;
  readonly userName: string;
  readonly hourMs: number;
}

/** More names than this are not remembered; they are written again, which does no harm. */
const REMEMBERED_ACTORS = 200_000;

/** Hour (epoch ms) by user of each domain. */
class SeenActors {
  private readonly domains = new Map<string, Map<string, number>>();
  private count = 0;

  get size(): number {
    return this.count;
  }

  hourOf(domainId: string, userName: string): number | undefined {
    return this.domains.get(domainId)?.get(userName);
  }

  set(domainId: string, userName: string, hourMs: number): void {
    let users = this.domains.get(domainId);
    if (users === undefined) this.domains.set(domainId, (users = new Map<string, number>()));
    if (!users.has(userName)) this.count += 1;
    users.set(userName, hourMs);
  }

  clear(): void {
    this.domains.clear();
    this.count = 0;
  }

  /** In the order of the table's key, in which concurrent batches lock its rows. */
  sorted(): Actor[] {
    const actors: Actor[] = [];
    for (const [domainId, users] of this.domains)
      for (const [userName, hourMs] of users) actors.push({ domainId, userName, hourMs });
    return actors.sort(
      (left, right) => compareText(left.domainId, right.domainId) || compareText(left.userName, right.userName),
    );
  }
}

@Injectable()
export class RollupStore {
  /** Names this process has written, with the hour they were seen in: within it they need not be written again. */
  private readonly known = new SeenActors();

  /** Adds the traces to the hours they were recorded in. The rows belong to one log, so no other log waits for them. */
  async add(transaction: Transaction, log: number, traces: readonly Trace[]): Promise<void> {
    if (traces.length === 0) return;
    const rows = rollUp(traces);
    await transaction.query(
      `INSERT INTO trace_rollups (domain_id, hour, log, project_id, event_type, service_type, resource_type, trace_name, trace_rating, traces)
       SELECT domain_id, to_timestamp(hour_s), $1, project_id, event_type, service_type, resource_type, trace_name, trace_rating, traces
       FROM unnest($2::text[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::int[])
         AS r(domain_id, hour_s, project_id, event_type, service_type, resource_type, trace_name, trace_rating, traces)
       ON CONFLICT (domain_id, hour, log, project_id, event_type, service_type, resource_type, trace_name, trace_rating)
       DO UPDATE SET traces = trace_rollups.traces + excluded.traces`,
      [
        log,
        textArray(rows, (row) => row.domainId),
        integerArray(rows, (row) => row.hourMs / 1_000),
        textArray(rows, (row) => row.projectId),
        textArray(rows, (row) => row.eventType),
        textArray(rows, (row) => row.serviceType),
        textArray(rows, (row) => row.resourceType),
        textArray(rows, (row) => row.traceName),
        textArray(rows, (row) => row.traceRating),
        integerArray(rows, (row) => row.count),
      ],
    );
  }

  /** Notes in which hour each user of each domain was last seen. Returns what {@link remember} may keep once it is committed. */
  async noteActors(transaction: Transaction, traces: readonly Trace[]): Promise<readonly Actor[]> {
    const fresh = this.unknownActors(traces);
    if (fresh.length === 0) return fresh;
    await transaction.query(
      `INSERT INTO actors (domain_id, user_name, last_seen)
       SELECT r.domain_id, r.user_name, to_timestamp(r.hour_s)
       FROM unnest($1::text[], $2::text[], $3::int[]) AS r(domain_id, user_name, hour_s)
       WHERE NOT EXISTS (SELECT FROM actors a WHERE a.domain_id = r.domain_id AND a.user_name = r.user_name
                         AND a.last_seen >= to_timestamp(r.hour_s))
       ON CONFLICT (domain_id, user_name) DO UPDATE SET last_seen = GREATEST(actors.last_seen, excluded.last_seen)`,
      [
        textArray(fresh, ({ domainId }) => domainId),
        textArray(fresh, ({ userName }) => userName),
        integerArray(fresh, ({ hourMs }) => hourMs / 1_000),
      ],
    );
    return fresh;
  }

  remember(actors: readonly Actor[]): void {
    if (this.known.size + actors.length > REMEMBERED_ACTORS) this.known.clear();
    for (const { domainId, userName, hourMs } of actors) this.known.set(domainId, userName, hourMs);
  }

  private unknownActors(traces: readonly Trace[]): Actor[] {
    const seen = new SeenActors();
    for (const { domainId, userName, recordTime } of traces) {
      if (userName === null) continue;
      const hourMs = Math.floor(recordTime / HOUR_MS) * HOUR_MS;
      const newest = seen.hourOf(domainId, userName) ?? this.known.hourOf(domainId, userName) ?? -Infinity;
      if (hourMs > newest) seen.set(domainId, userName, hourMs);
    }
    return seen.sorted();
  }
}

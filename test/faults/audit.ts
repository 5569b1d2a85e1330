/** What a trial asks of the database in the end: is all that was sent there, once, and every offset accounted for? */

export interface Sent {
  readonly ids: Set<string>;
  records: number;
}

export function together(streams: readonly Sent[]): Sent {
  return {
    ids: new Set(streams.flatMap(({ ids }) => [...ids])),
    records: streams.reduce((sum, { records }) => sum + records, 0),
  };
}

export interface Audit {
  readonly stored: number;
  readonly missing: number;
  readonly unknown: number;
  readonly twice: number;
  /** Logs whose seq has a gap or does not begin at 1. */
  readonly gaps: number;
  readonly unbalanced: number;
  readonly deadLettered: number;
  readonly evicted: number;
}

/** What was sent; without what the service itself tells those domains of the quotas that it counted from it. */
export const SYNTHETIC = `domain_id LIKE 'dddd%' AND service_type <> 'QUOTA'`;
export const LOGS = `
  SELECT count(*) FILTER (WHERE kept.rows <> l.next_seq - 1 OR kept.least <> 1 OR kept.most <> l.next_seq - 1)::int AS gaps,
    count(*) FILTER (WHERE l.stored + l.duplicate + l.dead_lettered + l.filtered + l.absent + l.evicted
      <> l.next_offset - l.first_offset)::int AS unbalanced,
    coalesce(sum(l.dead_lettered), 0)::int AS dead, coalesce(sum(l.evicted), 0)::int AS evicted
  FROM ingest_logs l
  LEFT JOIN (SELECT log, count(*) AS rows, min(seq) AS least, max(seq) AS most FROM traces GROUP BY log) kept USING (log)
  WHERE l.stored > 0`;

export interface LogFaults {
  gaps: number;
  unbalanced: number;
  dead: number;
  evicted: number;
}

export function compare(
  wanted: ReadonlySet<string>,
  found: readonly { trace_id: string; times: number }[],
  logs: LogFaults | undefined,
): Audit {
  const ids = new Set(found.map(({ trace_id: id }) => id));
  return {
    stored: ids.size,
    missing: [...wanted].filter((id) => !ids.has(id)).length,
    unknown: [...ids].filter((id) => !wanted.has(id)).length,
    twice: found.filter(({ times }) => times > 1).length,
    gaps: logs?.gaps ?? -1,
    unbalanced: logs?.unbalanced ?? -1,
    deadLettered: logs?.dead ?? -1,
    evicted: logs?.evicted ?? -1,
  };
}

/** Null where all that was sent stands there once, and every offset is accounted for. */
export function brokenBy(audit: Partial<Audit>): string | null {
  const wrong = Object.entries(audit).filter(([name, count]) => name !== 'stored' && count !== 0);
  return wrong.length === 0 ? null : wrong.map(([name, count]) => `${name}: ${String(count)}`).join(', ');
}

export const foundBy = (audit: Partial<Audit>): string =>
  Object.entries(audit)
    .map(([name, count]) => `${name} ${String(count)}`)
    .join(', ');

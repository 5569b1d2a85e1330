/** The traces that the registry of the story reports: a week of its tenants, and what its user does. */
import { DAY_MS } from '../../kernel/clock.js';
import { uuidV1 } from '../../kernel/ids.js';
import type { OutgoingRecord } from '../../platform/kafka/log-consumer.js';
import { newestTime, replayKey, transformLine } from '../../traces/index.js';

export interface Tenant {
  readonly domainId: string;
  readonly domainName: string;
  readonly projectId: string;
}

/** Domain of the synthetic week (samples/README.md), and how its organizations are named. */
const WEEK_DOMAIN = '740ba4bfc7932712645186e479853866';
const WEEK_DOMAIN_NAME = 'acme-1';
const WEEK_TEAM = 'team-';
/** The oldest trace is this much younger than the window, so that it does not leave it on its way. */
const MARGIN_MS = 15 * 60_000;

/**
 * The week as the tenant's own, its times stretched over the whole of what is kept: the newest trace at `endMs`, the oldest
 * about to leave. Organizations get names of this run, since a name is taken for all tenants of a region.
 *
 * @param days days for which the service keeps traces
 */
export function weekOf(
  tenant: Tenant,
  lines: readonly string[],
  { endMs, days, run }: { endMs: number; days: number; run: string },
): { readonly records: OutgoingRecord[]; readonly distinct: number } {
  const newest = newestTime(lines) ?? endMs;
  const times = lines.map((line) => newestTime([line]) ?? newest);
  const spanMs = Math.max(1, newest - Math.min(...times));
  const stretch = (days * DAY_MS - MARGIN_MS) / spanMs;
  const values = lines.map((line, index) => {
    const own = line
      .replaceAll(WEEK_DOMAIN, tenant.domainId)
      .replaceAll(WEEK_DOMAIN_NAME, tenant.domainName)
      .replaceAll(WEEK_TEAM, `week-${run}-`);
    const eachAtMs = Math.round(endMs - (newest - (times[index] ?? newest)) * stretch);
    return transformLine(own, {
      shiftMs: 0,
      eachAtMs,
      own: { domainId: tenant.domainId, projectId: tenant.projectId },
    });
  });
  return {
    records: values.map((value) => ({ key: replayKey(value), value })),
    distinct: new Set(values.map(idOf)).size,
  };
}

function idOf(value: string): unknown {
  const event: unknown = JSON.parse(value);
  return typeof event === 'object' && event !== null && 'trace_id' in event ? event.trace_id : value;
}

/**
 * That a user made an organization, or tried to: a refused creation is rated `warning` and counts nothing.
 *
 * @param node 16 hex digits that make the id this run's own
 */
export function organizationTrace(
  tenant: Tenant,
  user: { readonly id: string; readonly name: string },
  { name, refused, atMs, node }: { name: string; refused: boolean; atMs: number; node: string },
): OutgoingRecord {
  const event = {
    trace_id: uuidV1(atMs, 0, node),
    trace_name: 'createUserNamespace',
    trace_rating: refused ? 'warning' : 'normal',
    trace_type: 'ApiCall',
    event_type: 'system',
    service_type: 'SWR',
    resource_type: 'usernamespace',
    resource_name: name,
    resource_id: name,
    domain_id: tenant.domainId,
    project_id: tenant.projectId,
    enterprise_project_id: '0',
    tracker_name: 'system',
    user: { ...user, user_name: user.name, domain: { id: tenant.domainId, name: tenant.domainName }, type: 'User' },
    source_ip: '10.1.0.7',
    request: JSON.stringify({ namespace: name }),
    code: refused ? '400' : '201',
    api_version: 'v2',
    read_only: false,
    time: atMs,
    record_time: atMs,
  };
  return { key: name, value: JSON.stringify(event) };
}

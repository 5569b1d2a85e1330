/** A tenant with the users and projects of `samples/swr-week.ndjson`, and those traces stored as of the last days. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DAY_MS } from '../../../src/kernel/clock.js';
import { LOG_INSPECTOR } from '../../../src/platform/tokens.js';
import type { LogInspector } from '../../../src/platform/kafka/log-consumer.js';
import { bumpPolicies } from '../../../src/policies/policy-state.store.js';
import { DayPartitions } from '../../../src/traces/day-partitions.store.js';
import { LogReader } from '../../../src/traces/log-reader.service.js';
import type { IdentityApp } from '../identity/harness.js';

export interface SampleTrace {
  readonly trace_id: string;
  readonly trace_name: string;
  readonly service_type: string;
  readonly resource_type: string;
  readonly resource_name: string;
  readonly record_time: number;
  readonly project_id: string;
  readonly trace_rating: string;
  readonly code: string;
  readonly request: string;
  readonly user: unknown;
  readonly [member: string]: unknown;
}

const DOMAIN = '740ba4bfc7932712645186e479853866';
export const USERS = {
  okafor: 'b77349e8263a332a81e5118fb9cf0575',
  'ci-robot': '2a2c4789847f6167c0b64f875c2dba7f',
  lin: 'ff70dfcf16eb3888b61526eeb0fcac11',
  svensson: '46d2ff5dc2e4df08106fd7f29e97283e',
} as const;
export const PROJECTS = ['0ee2f0dd66c79d333b6350c0fe35d09f', '13ededa3087f5e3032270de04cc839de'] as const;

/** Each trace once, of the domain given; times compressed into the day before now, in their order. */
export function sampleWeek(domainId: string): SampleTrace[] {
  const text = readFileSync(join(__dirname, '../../../samples/swr-week.ndjson'), 'utf8').replaceAll(DOMAIN, domainId);
  const lines = text.split('\n').filter((line) => line !== '');
  const traces = new Map<string, SampleTrace>();
  for (const line of lines) {
    const trace = JSON.parse(line) as SampleTrace;
    if (!traces.has(trace.trace_id)) traces.set(trace.trace_id, trace);
  }
  const all = [...traces.values()];
  const first = Math.min(...all.map(({ record_time: time }) => time));
  const start = Date.now() - DAY_MS;
  return all.map((trace) => {
    const time = start + Math.floor((trace.record_time - first) / 10);
    return { ...trace, record_time: time, time };
  });
}

export function userName({ user }: SampleTrace): string {
  const object = (typeof user === 'string' ? JSON.parse(user) : user) as { name: string };
  return object.name;
}

export async function insertSampleDirectory({ database }: IdentityApp, domainId: string): Promise<void> {
  for (const [name, id] of Object.entries(USERS))
    await database.query('INSERT INTO users (domain_id, id, name) VALUES ($1, $2, $3)', [domainId, id, name]);
  for (const [index, id] of PROJECTS.entries())
    await database.query('INSERT INTO projects (domain_id, id, name, region) VALUES ($1, $2, $3, $4)', [
      domainId,
      id,
      `sample-${String(index)}`,
      `region-${String(index)}`,
    ]);
}

export async function attach(
  { database }: IdentityApp,
  domainId: string,
  holder: { readonly user?: string; readonly group?: string },
  document: object,
): Promise<void> {
  const id = randomBytes(16).toString('hex');
  await database.query(
    "INSERT INTO policies (domain_id, id, kind, name, display_name) VALUES ($1, $2, 'identity', $2, $2)",
    [domainId, id],
  );
  await database.query('INSERT INTO policy_versions (domain_id, policy_id, version, document) VALUES ($1, $2, 1, $3)', [
    domainId,
    id,
    JSON.stringify(document),
  ]);
  await database.query(
    'INSERT INTO policy_attachments (domain_id, policy_id, user_id, group_id) VALUES ($1, $2, $3, $4)',
    [domainId, id, holder.user ?? null, holder.group ?? null],
  );
  await bumpPolicies(domainId, database);
}

/** As a broker would deliver them, as the whole log. */
export async function store({ app }: IdentityApp, traces: readonly object[]): Promise<void> {
  await app.get(DayPartitions, { strict: false }).ensure(Date.now() - 7 * DAY_MS, Date.now() + DAY_MS);
  const records = traces.map((trace, index) => ({
    offset: BigInt(index),
    key: null,
    value: Buffer.from(JSON.stringify(trace)),
    timestampMs: 0,
    headers: {},
  }));
  const high = BigInt(records.length);
  const inspector = app.get<LogInspector>(LOG_INSPECTOR, { strict: false });
  Object.assign(inspector, { watermarks: () => Promise.resolve(new Map([[0, { low: 0n, high }]])) });
  const reader = app.get(LogReader, { strict: false });
  reader.assigned();
  await reader.handle(
    { topic: 'samples', partition: 0, highWatermark: high, records },
    { heartbeat: () => Promise.resolve(), isRunning: () => true },
  );
}

/**
 * `ingest`: from delivered bytes to a committed batch (parsed, hashed, deduplicated, rolled up, offsets moved), against a
 * bare COPY of rows that need no work into the same table, and against TypeORM's `insert`.
 */
import { from as copyFrom } from 'pg-copy-streams';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { LogReader } from '../src/traces/log-reader.service.js';
import { parseRecord } from '../src/traces/parsed-record.js';
import { COPY_TRACES, encodeRows } from '../src/traces/trace-rows.store.js';
import type { IncomingTrace } from '../src/traces/stored-trace.js';
import { type BenchStack, openBenchStack, pretendBroker, recordsOf } from './bench-stack.js';
import type { ComparisonResult } from './comparison-result.js';
import { compare, type Contender } from './harness.js';
import { machineFacts, type Report } from './report.js';
import { ingestShape, workload } from './workload.js';

export const TRACES = 200_000;
const BATCH = 5_000;
export const LOGS = 2;
/** TypeORM is far slower; rates are per trace, so fewer do. */
const TYPEORM_TRACES = 20_000;
const TYPEORM_CHUNK = 500;

export async function benchIngest(traces = TRACES): Promise<Report> {
  const stack = await openBenchStack();
  try {
    const shape = ingestShape(traces);
    const values = [...workload(shape)].map((text) => Buffer.from(text));
    const halves = Array.from({ length: LOGS }, (_, log) => values.filter((__, index) => index % LOGS === log));
    const comparisons: ComparisonResult[] = [
      await compare({
        name: `ingest of ${String(traces)} traces on ${String(LOGS)} connections`,
        unit: 'traces',
        yardstick: 'COPY',
        contenders: [rawCopy(stack, halves), quaestor(stack, halves), typeorm(stack, values.slice(0, TYPEORM_TRACES))],
      }),
    ];
    return { name: 'ingest', machine: machineFacts(stack.postgresVersion), comparisons };
  } finally {
    await stack.close();
  }
}

async function empty({ bare }: BenchStack): Promise<void> {
  await bare.query('TRUNCATE traces, trace_rollups, ingest_logs, ingest_gaps, actors');
  await bare.query('CHECKPOINT');
}

/** What the work costs that nobody can save: rows encoded beforehand, same table, same indexes, same batch size. */
export function rawCopy(stack: BenchStack, halves: readonly (readonly Buffer[])[]): Contender {
  const batches = halves.map((half) =>
    chunks(half, BATCH).map((chunk) => {
      const rows = recordsOf(chunk).flatMap((record): IncomingTrace[] => {
        const { parsed, offset } = parseRecord(record);
        return parsed.ok
          ? [{ trace: parsed.trace, contentSha256: parsed.contentSha256, offset, verdict: null, seq: offset }]
          : [];
      });
      return { count: rows.length, bytes: encodeRows(rows, 1) };
    }),
  );
  return {
    name: 'COPY',
    prepare: () => empty(stack),
    run: async () => {
      const counts = await Promise.all(batches.map((own) => withClient(stack.url, (client) => copyAll(client, own))));
      return { units: counts.reduce((left, right) => left + right, 0) };
    },
  };
}

async function copyAll(
  client: pg.Client,
  batches: readonly { count: number; bytes: readonly Buffer[] }[],
): Promise<number> {
  let total = 0;
  for (const { count, bytes } of batches) {
    await pipeline(Readable.from(bytes, { objectMode: false }), client.query(copyFrom(COPY_TRACES)));
    total += count;
  }
  return total;
}

/** The whole way of this service, from records as a consumer delivers them. */
export function quaestor(stack: BenchStack, halves: readonly (readonly Buffer[])[], name = 'Quaestor'): Contender {
  const logs = halves.map(recordsOf);
  const reader = stack.app.get(LogReader, { strict: false });
  const control = { heartbeat: () => Promise.resolve(), isRunning: () => true };
  pretendBroker(stack.app, new Map(logs.map((records, partition) => [partition, BigInt(records.length)])));
  return {
    name,
    prepare: async () => {
      await empty(stack);
      reader.assigned();
    },
    run: async () => {
      await Promise.all(
        logs.map(async (records, partition) => {
          for (const chunk of chunks(records, BATCH))
            await reader.handle(
              { topic: 'bench', partition, highWatermark: BigInt(records.length), records: chunk },
              control,
            );
        }),
      );
      const stored = await stack.bare.query<{ count: string }>('SELECT count(*) FROM traces');
      const units = Number(stored.rows[0]?.count);
      const sent = logs.reduce((sum, records) => sum + records.length, 0);
      if (units !== sent) throw new Error(`${String(sent)} traces were sent and ${String(units)} stored`);
      return { units };
    },
  };
}

/** The ordinary way of the framework: one INSERT with many rows, rows already parsed. */
function typeorm(stack: BenchStack, values: readonly Buffer[]): Contender {
  const rows = recordsOf(values).flatMap((record) => {
    const { parsed } = parseRecord(record);
    return parsed.ok ? [{ trace: parsed.trace, sha256: parsed.contentSha256 }] : [];
  });
  const dataSource = stack.app.get(DataSource, { strict: false });
  return {
    name: 'TypeORM insert',
    prepare: () => empty(stack),
    run: async () => {
      let seq = 0;
      for (const chunk of chunks(rows, TYPEORM_CHUNK))
        await dataSource
          .createQueryBuilder()
          .insert()
          .into('traces', Object.keys(columnsOf(chunk[0] ?? rows[0], 0)))
          .values(chunk.map((row) => columnsOf(row, ++seq)))
          .execute();
      return { units: rows.length };
    },
  };
}

function columnsOf(
  row: { trace: IncomingTrace['trace']; sha256: Buffer } | undefined,
  seq: number,
): Record<string, unknown> {
  if (row === undefined) throw new Error('nothing to insert');
  const { trace, sha256 } = row;
  return {
    domain_id: trace.domainId, project_id: trace.projectId, record_time: new Date(trace.recordTime), trace_id: trace.traceId,
    log: 1, seq, time: new Date(trace.time), trace_name: trace.traceName, trace_rating: trace.traceRating,
    trace_type: trace.traceType, event_type: trace.eventType, service_type: trace.serviceType, resource_type: trace.resourceType,
    resource_name: trace.resourceName, resource_id: trace.resourceId, enterprise_project_id: trace.enterpriseProjectId,
    user_name: trace.userName, access_key_id: trace.accessKeyId, source_ip: trace.sourceIp, code: trace.code,
    api_version: trace.apiVersion, request_id: trace.requestId, operation_id: trace.operationId, tracker_name: trace.trackerName,
    read_only: trace.readOnly, user: trace.user, request: trace.request, response: trace.response, wire_shape: trace.wireShape,
    content_sha256: sha256,
  }; // prettier-ignore
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

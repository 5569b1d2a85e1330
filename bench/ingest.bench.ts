/**
 * `ingest`: from delivered bytes, and from brokers, to committed batches (parsed, hashed, deduplicated, rolled up, usage
 * counted, offsets moved), against a bare COPY of the same rows from as many connections, inserts of one row, and TypeORM's
 * `insert`.
 */
import { from as copyFrom } from 'pg-copy-streams';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { kafkaDistributionAvailable } from '../src/embedded/index.js';
import { LogReader } from '../src/traces/log-reader.service.js';
import { parseRecord } from '../src/traces/parsed-record.js';
import { COPY_TRACES, encodeRows } from '../src/traces/trace-rows.store.js';
import type { IncomingTrace } from '../src/traces/stored-trace.js';
import { type BenchStack, openBenchStack, pretendBroker, recordsOf } from './bench-stack.js';
import type { ComparisonResult } from './comparison-result.js';
import type { Figure } from './figure.js';
import { compare, type Contender } from './harness.js';
import { ingestFrom } from './ingest-kafka.js';
import { machineFacts, type Measurement, type Report } from './report.js';
import { ingestFigures } from './ingest-figures.js';
import { ingestShape, workload } from './workload.js';

export const TRACES = 200_000;
const BATCH = 5_000;
export const LOGS = 2;
/** TypeORM is far slower; rates are per trace, so fewer do. */
const TYPEORM_TRACES = 20_000;
const TYPEORM_CHUNK = 500;
const SINGLE_TRACES = 4_000;
/** Of five traces one comes again, this many records later at most. */
const REPEATED_OF = 5;
const REPEATED_WITHIN = 4_000;

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
        contenders: [
          rawCopy(stack, halves),
          quaestor(stack, halves),
          quaestor(stack, halves.map(withRepeats), 'Quaestor, 20 % sent twice', values.length),
          typeorm(stack, values.slice(0, TYPEORM_TRACES)),
          singleInserts(stack, values.slice(0, SINGLE_TRACES)),
        ],
      }),
    ];
    const measurements: Measurement[] = [];
    for (const kind of ['embedded', 'real'] as const) {
      if (kind === 'real' && !(await kafkaDistributionAvailable())) continue;
      const source = { stack, values, empty: () => empty(stack), yardstick: rawCopy(stack, halves) };
      const found = await ingestFrom(kind, source);
      console.error(`${found.name}: ${JSON.stringify(found.values)}`);
      measurements.push(found);
    }
    const figures: Figure[] = ingestFigures(comparisons, measurements);
    return { name: 'ingest', machine: machineFacts(stack.postgresVersion), comparisons, measurements, figures };
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
export function quaestor(
  stack: BenchStack,
  halves: readonly (readonly Buffer[])[],
  name = 'Quaestor',
  distinct = halves.reduce((sum, half) => sum + half.length, 0),
): Contender {
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
      if (units !== distinct) throw new Error(`${String(distinct)} traces were sent and ${String(units)} stored`);
      return { units };
    },
  };
}

function withRepeats(values: readonly Buffer[]): Buffer[] {
  return values.flatMap((value, index) => {
    const earlier = values[Math.max(0, index - REPEATED_WITHIN)];
    return index % REPEATED_OF === 0 && earlier !== undefined && index > 0 ? [value, earlier] : [value];
  });
}

/** What is written without thinking: a statement and a transaction a row, on as many connections. */
function singleInserts(stack: BenchStack, values: readonly Buffer[]): Contender {
  const rows = tracesOf(values).map((row, index) => columnsOf(row, index + 1));
  const names = Object.keys(rows[0] ?? {});
  const places = names.map((_, index) => `$${String(index + 1)}`).join(', ');
  const text = `INSERT INTO traces (${names.map((name) => `"${name}"`).join(', ')}) VALUES (${places})`;
  return {
    name: 'INSERT row by row',
    prepare: () => empty(stack),
    run: async () => {
      const lanes = Array.from({ length: LOGS }, (_, lane) => rows.filter((__, index) => index % LOGS === lane));
      await Promise.all(
        lanes.map((own) =>
          withClient(stack.url, async (client) => {
            for (const row of own) await client.query({ name: 'insert', text, values: Object.values(row) });
          }),
        ),
      );
      return { units: rows.length };
    },
  };
}

function tracesOf(values: readonly Buffer[]): { trace: IncomingTrace['trace']; sha256: string }[] {
  return recordsOf(values).flatMap((record) => {
    const { parsed } = parseRecord(record);
    return parsed.ok ? [{ trace: parsed.trace, sha256: parsed.contentSha256 }] : [];
  });
}

/** The ordinary way of the framework: one INSERT with many rows, rows already parsed. */
function typeorm(stack: BenchStack, values: readonly Buffer[]): Contender {
  const rows = tracesOf(values);
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
  row: { trace: IncomingTrace['trace']; sha256: string } | undefined,
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
    content_sha256: Buffer.from(sha256, 'hex'),
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

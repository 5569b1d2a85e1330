/** From a broker into the table, by the module as it runs in production. One contract for every kind of broker. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import kafkajs from 'kafkajs';
import { openKafka } from '../../../src/platform/kafka/kafkajs.client.js';
import { replayKey, transformLine } from '../../../src/traces/core/replay-transform.js';
import { TraceRecorder } from '../../../src/traces/trace-recorder.service.js';
import { reaches } from '../../support/reaches.js';
import { brokerKinds, notRun } from '../kafka/brokers.js';
import { PARTITIONS, settingsFor } from '../kafka/harness.js';
import { DOMAIN, event, PROJECT } from './harness.js';
import { ingestScenariosOn, type IngestScenario, sample } from './running-ingest.js';

const { CompressionTypes } = kafkajs;
/** Fixed for the whole run: the same command for the same instant sends the same bytes. */
const NOW = Date.now() - 60_000;
const read = (path: string): string => readFileSync(path, 'utf8');
const caseFile = (name: string): string => read(join(__dirname, '../../cases', name));

interface Sample {
  readonly line: number;
  readonly expected_as_is: string;
  readonly expected_moved_to_now: string;
}

const keyed = (traces: readonly Record<string, unknown>[]) =>
  traces.map((trace) => ({ key: String(trace.trace_id), value: JSON.stringify(trace) }));
const events = (count: number): Record<string, unknown>[] => Array.from({ length: count }, () => event());
const idsOf = (traces: readonly Record<string, unknown>[]): string[] =>
  traces.map(({ trace_id }) => String(trace_id)).sort();

/** Sends one line after the other, and tells in the end what became of each. */
async function fatesOf(lines: readonly string[], { ingest, clients, topic }: IngestScenario): Promise<string[]> {
  const producer = clients.producer();
  const before = Number((await ingest.coverage()).total.offsets);
  const places: string[] = [];
  for (const line of lines) {
    const [place] = await producer.send(topic, [{ key: replayKey(line), value: line }]);
    places.push(`${String(place?.partition)}/${String(place?.baseOffset)}`);
  }
  const { total } = await ingest.accountedFor(before + lines.length);
  const letters = await ingest.database.query<{ place: string; reason: string }>(
    `SELECT "partition" || '/' || "offset" AS place, reason FROM dead_letters`,
  );
  const reasons = new Map(letters.map(({ place, reason }) => [place, reason]));
  expect(total.balanced).toBe(true);
  return places.map((place) => reasons.get(place) ?? 'stored');
}

describe.each(brokerKinds)('ingest from $name', (kind) => {
  const scenario = ingestScenariosOn(kind);

  it.concurrent(
    'reads again what an older, restored database lacks, without waiting for a new record',
    scenario(async ({ ingest, another, clients, topic }) => {
      const sent = events(40);
      await clients.producer().send(topic, keyed(sent));
      await ingest.accountedFor(sent.length);
      // As restored from before the first batch: the logs are known, and nothing of them was read.
      await ingest.database.query('TRUNCATE traces, trace_rollups');
      await ingest.database.query(
        `UPDATE ingest_logs SET epoch = epoch + 1, next_offset = first_offset, next_seq = 1, stored = 0, last_offset = NULL, last_sha256 = NULL`,
      );
      await ingest.close();
      const successor = await another();
      await successor.accountedFor(sent.length);
      expect((await successor.traceIds()).sort()).toEqual(idsOf(sent));
      expect((await successor.coverage()).total).toMatchObject({
        stored: String(sent.length),
        duplicate: '0',
        balanced: true,
      });
    }),
  );

  it.concurrent(
    'stores the week of a registry once, however often it is delivered',
    scenario(async ({ ingest, replay }) => {
      const { lines, stored, duplicate } = JSON.parse(caseFile('swr-week.expected.json')) as Record<string, number>;
      const again = async (): Promise<void> => {
        expect(await replay(sample('swr-week.ndjson'), '--end-at', String(NOW))).toMatchObject({ published: lines });
      };
      await again();
      const first = await ingest.accountedFor(Number(lines));
      expect(first.total).toMatchObject({ stored: String(stored), duplicate: String(duplicate), dead_lettered: '0' });
      await again();
      const second = await ingest.accountedFor(2 * Number(lines));
      expect(second.total).toMatchObject({
        stored: String(stored),
        duplicate: String(Number(duplicate) + Number(lines)),
        balanced: true,
      });
      const ids = await ingest.traceIds();
      expect([ids.length, new Set(ids).size]).toEqual([stored, stored]);
    }),
  );

  it.concurrent(
    'stores the events of a real account, and knows them all again',
    scenario(async ({ ingest, replay }) => {
      const command = [sample('replay-events.ndjson.gz'), '--own', '--end-at', new Date(NOW).toISOString()];
      expect(await replay(...command)).toMatchObject({ published: 2900, failed: 0 });
      expect((await ingest.accountedFor(2900)).total).toMatchObject({ stored: '2900', duplicate: '0', balanced: true });
      await replay(...command);
      const { total, logs } = await ingest.accountedFor(5800);
      expect(total).toMatchObject({ offsets: '5800', stored: '2900', duplicate: '2900', evicted: '0', balanced: true });
      expect(logs.map(({ partition, incarnation }) => [partition, incarnation])).toEqual(
        Array.from({ length: PARTITIONS }, (_, partition) => [partition, 1]),
      );
      const owners = await ingest.database.query('SELECT domain_id, project_id FROM traces GROUP BY 1, 2');
      expect(owners).toEqual([{ domain_id: DOMAIN, project_id: PROJECT }]);
    }),
  );

  it.concurrent(
    'does with each documented event what its index says, as it is and moved to now',
    scenario(async (given) => {
      const lines = read(sample('cts-samples.ndjson')).split('\n').filter(Boolean);
      const expected = JSON.parse(caseFile('cts-samples.index.json')) as Sample[];
      const movedTo = (eachAtMs: number) =>
        lines.map((line) => transformLine(line, { shiftMs: 0, eachAtMs, own: null }));
      expect(await fatesOf(lines, given)).toEqual(expected.map((line) => line.expected_as_is));
      expect(await fatesOf(movedTo(NOW), given)).toEqual(expected.map((line) => line.expected_moved_to_now));
      const stored = expected.filter((line) => line.expected_moved_to_now === 'stored').length;
      expect((await given.ingest.coverage()).total).toMatchObject({ stored: String(stored), duplicate: '0' });
    }),
  );

  it.concurrent(
    'reads what was compressed with gzip, snappy and lz4',
    scenario(async ({ ingest, clients, topic }) => {
      const { kafka, sever } = openKafka(settingsFor(clients.brokers), clients.write);
      const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
      await producer.connect();
      const sent = events(30);
      const codecs = [CompressionTypes.GZIP, CompressionTypes.Snappy, CompressionTypes.LZ4];
      for (const [index, compression] of codecs.entries())
        await producer.send({ topic, compression, messages: keyed(sent.slice(index * 10, index * 10 + 10)) });
      await producer.disconnect();
      sever();
      expect((await ingest.accountedFor(30)).total).toMatchObject({ stored: '30', balanced: true });
      expect((await ingest.traceIds()).sort()).toEqual(idsOf(sent));
    }),
  );

  it.concurrent(
    'is shared by two processes, and finished by one when the other stops',
    scenario(async ({ ingest, another, clients, topic }) => {
      const other = await another();
      const held = () => [ingest.status().partitions, other.status().partitions];
      await reaches(
        'each holds half of the partitions',
        held,
        ([mine, others]) => mine?.length === 2 && others?.length === 2,
      );
      expect(held().flat().sort()).toEqual([0, 1, 2, 3]);
      const producer = clients.producer();
      const [before, meanwhile] = [events(400), events(2_000)];
      await producer.send(topic, keyed(before));
      const half = await other.accountedFor(400);
      expect(half.logs.map(({ stored }) => stored)).not.toContain('0');
      await Promise.all([
        ingest.close(),
        (async () => {
          for (let at = 0; at < meanwhile.length; at += 100)
            await producer.send(topic, keyed(meanwhile.slice(at, at + 100)));
        })(),
      ]);
      const { total, logs } = await other.accountedFor(2_400);
      expect(total).toMatchObject({
        offsets: '2400',
        stored: '2400',
        duplicate: '0',
        dead_lettered: '0',
        balanced: true,
      });
      expect(logs).toHaveLength(PARTITIONS);
      expect((await other.traceIds()).sort()).toEqual(idsOf([...before, ...meanwhile]));
      await reaches(
        'the other holds all',
        () => other.status().partitions,
        (partitions) => partitions.length === PARTITIONS,
      );
    }),
    90_000,
  );

  it.concurrent(
    'makes a trace of an operation of our own, and clears the outbox when it is stored',
    scenario(async ({ ingest }) => {
      const operation = {
        serviceType: 'CTS',
        resourceType: 'probe',
        traceName: 'probeOutbox',
        rating: 'normal',
      } as const;
      const recorder = ingest.module.get(TraceRecorder);
      await ingest.database.transaction((transaction) =>
        recorder.record({ ...operation, domainId: DOMAIN, projectId: PROJECT, resourceName: 'kept' }, transaction),
      );
      const undone = ingest.database.transaction(async (transaction) => {
        await recorder.record(
          { ...operation, domainId: DOMAIN, projectId: PROJECT, resourceName: 'undone' },
          transaction,
        );
        throw new Error('rolled back');
      });
      await expect(undone).rejects.toThrow('rolled back');
      expect((await ingest.accountedFor(1)).total).toMatchObject({ offsets: '1', stored: '1', balanced: true });
      const stored = await ingest.database.query('SELECT trace_name, trace_type, resource_name FROM traces');
      expect(stored).toEqual([{ trace_name: 'probeOutbox', trace_type: 'SystemAction', resource_name: 'kept' }]);
      expect(await ingest.database.query('SELECT FROM trace_outbox')).toEqual([]);
    }),
  );
});

for (const name of notRun) it.skip(name, () => undefined);

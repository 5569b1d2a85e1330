/** `kill -9` of the service in the middle of a replay, with a broker that outlives it: the rest is stored, nothing twice. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { reaches } from '../support/reaches.js';
import { descendantsOf, resultOf, ROOT, Service } from '../support/service.js';
import { endsWithin } from '../../src/embedded/processes.js';
import { brokerKinds, notRun } from '../integration/kafka/brokers.js';

const EVENTS = join(ROOT, 'samples/replay-events.ndjson.gz');
/** Of all events in that file. */
const DOMAIN = 'd213ed92f4629564045cd9f9d300fcd7';
const PUBLISHED = 20_300;
/** Events a second: slow enough to be killed in the middle, whatever the machine. */
const RATE = 4_000;

async function rowsOf(database: string, sql: string, values: readonly unknown[]): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: database, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql, [...values])).rows;
  } finally {
    await client.end();
  }
}

/** The newest kind of broker: a real Kafka where one is wanted. */
const kind = brokerKinds.at(-1);

describe(`the service, killed while ${kind?.name ?? 'no broker'} goes on`, () => {
  it('stores the rest after the next start, and nothing twice', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'quaestor-crash-'));
    const broker = await kind?.start();
    const environment = {
      DATA_DIR: dataDir,
      KAFKA_BROKERS: broker?.brokers.join(',') ?? '',
      // How long the group waits for the dead member.
      KAFKA_SESSION_TIMEOUT_MS: '6000',
    };
    let service = await Service.start(environment);
    try {
      const replay = service.launchReplay(EVENTS, '--repeat', '7', '--end-at', 'now', '--rate', String(RATE));
      const token = await service.signIn();
      await reaches(
        'a quarter is stored',
        () => service.coverage(token),
        ({ total }) => Number(total.stored) >= PUBLISHED / 4,
        60_000,
      );
      const orphans = descendantsOf(service.pid);
      await service.kill();
      expect(replay.running).toBe(true);

      service = await Service.start(environment);
      expect(resultOf(await replay.finished)).toMatchObject({ published: PUBLISHED, failed: 0 });
      const again = await service.signIn();
      const { total, logs } = await service.settled(again, ({ stored }) => Number(stored) >= PUBLISHED);
      expect(total).toMatchObject({ dead_lettered: '0', absent: '0', evicted: '0', lag: '0', balanced: true });
      expect(logs.map(({ incarnation }) => incarnation)).toEqual(logs.map(() => 1));
      const [rows] = await rowsOf(
        service.runtime.database,
        `SELECT count(*)::int AS rows, count(DISTINCT trace_id)::int AS ids,
           (SELECT count(*) FROM traces)::text AS all_rows FROM traces WHERE domain_id = $1`,
        [DOMAIN],
      );
      expect(rows).toEqual({ rows: PUBLISHED, ids: PUBLISHED, all_rows: total.stored });
      for (const pid of orphans) expect([pid, await endsWithin(pid, 5_000)]).toEqual([pid, true]);
    } finally {
      await service.stop();
      await broker?.stop();
      rmSync(dataDir, { recursive: true, force: true });
    }
  }, 300_000);
});

for (const name of notRun) it.skip(name, () => undefined);

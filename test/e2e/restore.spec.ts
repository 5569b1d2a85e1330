/** The database is lost and an older copy restored, with a broker that outlives it: what the copy lacks is read again, or told as evicted. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Admin, Kafka, logLevel, type Producer } from 'kafkajs';
import { workload } from '../../bench/workload.js';
import { brokerKinds, notRun, realKafkaIsWanted, type RunningBroker } from '../integration/kafka/brokers.js';
import { BackedUpPostgres } from '../support/backed-up-postgres.js';
import { reaches } from '../support/reaches.js';
import { type Environment, Service } from '../support/service.js';

const TOPIC = 'cts.traces';
const PASSWORD = 'a password for the restore';
/** Without what the service itself tells those domains of the quotas that it counted from them. */
const SYNTHETIC = `domain_id LIKE 'dddd%' AND service_type <> 'QUOTA'`;
const SHAPE = { domains: 5, projectsPerDomain: 2, usersPerDomain: 5, resourcesPerDomain: 20, spanMs: 3_600_000 };

/** The partition of which the broker forgets some, and how many traces of 200 KB are sent to it: 8 MB. */
const LOSING = 2;
const LARGE = 40;

/** Distinct synthetic traces by their ids. */
function traces(count: number, seed: number): Map<string, string> {
  const values = workload({ ...SHAPE, traces: count, endAt: Date.now() }, seed);
  return new Map([...values].map((value) => [(JSON.parse(value) as { trace_id: string }).trace_id, value]));
}

/** The service with a Postgres and a broker that outlive it. */
class Installation {
  private constructor(
    readonly postgres: BackedUpPostgres,
    private readonly broker: RunningBroker,
    private readonly producer: Producer,
    private readonly admin: Admin,
    private readonly environment: Environment & { readonly DATA_DIR: string },
    public service: Service,
  ) {}

  static async open(): Promise<Installation> {
    const kind = brokerKinds.at(-1);
    if (kind === undefined) throw new Error('there is no broker');
    const [postgres, broker] = await Promise.all([BackedUpPostgres.start(), kind.start()]);
    const environment = {
      DATA_DIR: mkdtempSync(join(tmpdir(), 'quaestor-restored-')),
      DATABASE_URL: postgres.url,
      KAFKA_BROKERS: broker.brokers.join(','),
      ENCRYPTION_KEY: randomBytes(32).toString('base64'),
      KAFKA_SESSION_TIMEOUT_MS: '6000',
      BOOTSTRAP_PASSWORD: PASSWORD,
    };
    const service = await Service.start(environment);
    const kafka = new Kafka({ brokers: [...broker.brokers], clientId: 'restore', logLevel: logLevel.NOTHING });
    const [producer, admin] = [kafka.producer(), kafka.admin()];
    await Promise.all([producer.connect(), admin.connect()]);
    return new Installation(postgres, broker, producer, admin, environment, service);
  }

  async close(): Promise<void> {
    await this.service.stop();
    await Promise.all([this.producer.disconnect(), this.admin.disconnect()]);
    await Promise.all([this.broker.stop(), this.postgres.remove()]);
    rmSync(this.environment.DATA_DIR, { recursive: true, force: true });
  }

  async startAgain(): Promise<void> {
    this.service = await Service.start(this.environment);
  }

  signIn(): Promise<string> {
    return this.service.signIn({ name: this.service.credentials.user.name, password: PASSWORD });
  }

  /** Offset of the first of them. */
  async send(values: Iterable<string>, partition: number): Promise<bigint> {
    const messages = [...values].map((value) => ({ value, partition }));
    const [told] = await this.producer.send({ topic: TOPIC, messages });
    return BigInt(told?.baseOffset ?? -1);
  }

  /** Spread over all partitions, in small pieces. */
  async sendAll(values: Iterable<string>): Promise<void> {
    const pieces = [...values];
    for (let at = 0; at < pieces.length; at += 100) await this.send(pieces.slice(at, at + 100), (at / 100) % 4);
  }

  /**
   * More than the embedded broker keeps of a partition, never more unread than it keeps. The ids with their offsets.
   *
   * @param stored how many synthetic traces there are
   */
  async sendLargeTo(partition: number, stored: number): Promise<Map<string, bigint>> {
    const offsets = new Map<string, bigint>();
    for (const [id, value] of traces(LARGE, 4)) {
      const large = { ...(JSON.parse(value) as object), request: 'synthetic '.repeat(20_000) };
      offsets.set(id, await this.send([JSON.stringify(large)], partition));
      if (offsets.size % 5 === 0) await this.reachesStored(stored + offsets.size);
    }
    return offsets;
  }

  /** Until some of what was sent last is gone; the first offset that is left. */
  async forgetMostOf(partition: number): Promise<bigint> {
    const watermarks = async () => {
      const all = await this.admin.fetchTopicOffsets(TOPIC);
      const { low = '-1', high = '-1' } = all.find((each) => each.partition === partition) ?? {};
      return { low: BigInt(low), high: BigInt(high) };
    };
    if (realKafkaIsWanted) {
      // The embedded broker has done so by itself.
      const partitions = [{ partition, offset: String((await watermarks()).high - BigInt(LARGE / 2)) }];
      await this.admin.deleteTopicRecords({ topic: TOPIC, partitions });
    }
    return (await watermarks()).low;
  }

  async stored(): Promise<string[]> {
    const rows = await this.postgres.query<{ trace_id: string }>(`SELECT trace_id FROM traces WHERE ${SYNTHETIC}`);
    return rows.map(({ trace_id: id }) => id).sort();
  }

  async reachesStored(count: number): Promise<void> {
    await reaches(
      'what was sent is stored',
      () => this.stored(),
      ({ length }) => length >= count,
    );
  }

  /** Logs whose seq has a gap or does not begin at 1. */
  gapsOfSeq(): Promise<unknown[]> {
    return this.postgres.query(
      `SELECT l.log FROM ingest_logs l LEFT JOIN traces t USING (log) GROUP BY l.log, l.next_seq
       HAVING count(t.seq) <> l.next_seq - 1 OR coalesce(min(t.seq), 1) <> 1 OR coalesce(max(t.seq), 0) <> l.next_seq - 1`,
    );
  }

  nextOffsets(): Promise<{ partition: number; next_offset: string }[]> {
    return this.postgres.query('SELECT partition, next_offset FROM ingest_logs ORDER BY partition');
  }

  /** What the service said of a partition since its start. */
  logged(message: string): { level: string; partition: number; offset?: string; from?: string; to?: string }[] {
    return this.service.output
      .split('\n')
      .filter((line) => line.includes(message))
      .map((line) => JSON.parse(line) as ReturnType<Installation['logged']>[number]);
  }
}

const AGAIN = 'the group stands beyond what is stored; reading again';
const EVICTED = 'records were evicted by the broker before they could be read';

describe(`an older database, restored while ${brokerKinds.at(-1)?.name ?? 'no broker'} goes on`, () => {
  let installation: Installation;
  beforeEach(async () => {
    installation = await Installation.open();
  }, 120_000);
  afterEach(async () => {
    await installation.close();
  }, 60_000);

  /** Every trace with its content and its place. */
  const stored = async (): Promise<Set<string>> => {
    const rows = await installation.postgres.query<{ trace: string }>(
      `SELECT concat_ws(' ', domain_id, trace_id, encode(content_sha256, 'hex'), log, seq) AS trace FROM traces`,
    );
    return new Set(rows.map(({ trace }) => trace));
  };

  it('reads again what it lacks: every trace once and at its place, nothing evicted', async () => {
    const { postgres } = installation;
    const [early, late] = [traces(2_000, 1), traces(1_000, 2)];
    const sending = installation.sendAll(early.values());
    await installation.reachesStored(1);
    await postgres.backUp();
    await sending;
    await installation.sendAll(late.values());
    const operator = await installation.signIn();
    const revoked = await installation.signIn();
    const administrator = { name: 'root', password: PASSWORD };
    const domain = { name: 'later', projects: [{ name: 'cn-north-4_later', region: 'cn-north-4' }], administrator };
    const made = await installation.service.call('POST', '/v1/domains', { token: operator, body: domain });
    expect(made).toMatchObject({ status: 201 });
    const revocation = await fetch(`${installation.service.runtime.http}/v3/auth/tokens`, {
      method: 'DELETE',
      headers: { 'x-auth-token': operator, 'x-subject-token': revoked },
    });
    expect(revocation.status).toBe(204);
    await installation.reachesStored(early.size + late.size);
    const before = await installation.service.settled(operator);
    const lost = await stored();
    await installation.service.kill();

    await postgres.restore();
    const copy = await installation.stored();
    expect([copy.length > 0, copy.length <= early.size]).toEqual([true, true]);
    await installation.startAgain();
    // Signed by a key that the backup holds; the revocation came after it.
    const reaching = ({ offsets }: { offsets?: string }) => BigInt(offsets ?? 0) >= BigInt(before.total.offsets);
    const after = await installation.service.settled(revoked, reaching);
    expect(after.total).toMatchObject({ dead_lettered: '0', absent: '0', evicted: '0', lag: '0', balanced: true });
    expect(after.logs.map(({ incarnation }) => incarnation)).toEqual(after.logs.map(() => 1));
    expect(await installation.stored()).toEqual([...early.keys(), ...late.keys()].sort());
    const found = await stored();
    expect([...lost].filter((trace) => !found.has(trace))).toEqual([]);
    expect(await installation.gapsOfSeq()).toEqual([]);
    expect(installation.logged(AGAIN)).not.toEqual([]);
    expect(installation.logged(EVICTED)).toEqual([]);
    // Traces come back, the state that they tell of does not.
    const { body } = await installation.service.call<{ domains: { name: string }[] }>('GET', '/v1/domains', {
      token: revoked,
    });
    expect(body.domains.map(({ name }) => name)).not.toContain(domain.name);
    const told = await postgres.query(
      `SELECT count(*)::int AS times FROM traces WHERE trace_name = 'createDomain' AND resource_name = 'later'`,
    );
    expect(told).toEqual([{ times: 1 }]);
  }, 180_000);

  it('tells exactly what the broker has no longer, and stores what came after that', async () => {
    const { postgres, service } = installation;
    const kept = traces(400, 3);
    await installation.sendAll(kept.values());
    await installation.reachesStored(kept.size);
    await postgres.backUp();
    const offsets = await installation.sendLargeTo(LOSING, kept.size);
    await service.settled(await installation.signIn());
    await service.stop();

    await postgres.restore();
    expect(await installation.stored()).toEqual([...kept.keys()].sort());
    const known = await installation.nextOffsets();
    const from = BigInt(known[LOSING]?.next_offset ?? -1);
    const low = await installation.forgetMostOf(LOSING);
    const lost = [...offsets].filter(([, offset]) => offset < low);
    // Some of the stretch is gone, some is there.
    expect([lost.length > 0, lost.length < offsets.size, low > from]).toEqual([true, true, true]);
    await installation.startAgain();
    const late = traces(100, 5);
    await installation.sendAll(late.values());
    const expected = [
      ...kept.keys(),
      ...late.keys(),
      ...[...offsets.keys()].filter((id) => !lost.some(([of]) => of === id)),
    ];
    await installation.reachesStored(expected.length);
    const after = await installation.service.settled(await installation.signIn());

    expect(await installation.stored()).toEqual(expected.sort());
    const evicted = String(low - from);
    expect(after.total).toMatchObject({ dead_lettered: '0', absent: '0', evicted, lag: '0', balanced: true });
    expect(after.logs.map((log) => [log.partition, log.incarnation, log.evicted])).toEqual(
      after.logs.map(({ partition }) => [partition, 1, partition === LOSING ? evicted : '0']),
    );
    expect(
      await postgres.query(
        'SELECT partition, kind, from_offset, to_offset FROM ingest_gaps JOIN ingest_logs USING (log)',
      ),
    ).toEqual([{ partition: LOSING, kind: 'evicted', from_offset: String(from), to_offset: String(low) }]);
    expect(await installation.gapsOfSeq()).toEqual([]);
    const span = { level: 'error', partition: LOSING, from: String(from), to: String(low) };
    expect(installation.logged(EVICTED)).toEqual([expect.objectContaining(span)]);
    expect(installation.logged(AGAIN)).toContainEqual(
      expect.objectContaining({ partition: LOSING, offset: String(low) }),
    );
    const metrics = await installation.service.call<string>('GET', '/metrics');
    expect(metrics.body).toContain(`quaestor_ingest_records_total{fate="evicted"} ${evicted}\n`);
  }, 180_000);
});

for (const name of notRun) it.skip(name, () => undefined);

/** The relay to the DLQ topic: each dead letter once, with its bytes and where it comes from; an outage only delays it. */
import '../../support/eager-kafkajs.js';
import { createHash } from 'node:crypto';
import { startEmbeddedBroker } from '../../../src/embedded/index.js';
import { DeadLetterMetrics } from '../../../src/traces/dead-letters.metrics.js';
import { DeadLetterRelayStore } from '../../../src/traces/dead-letter-relay.store.js';
import { DeadLettersStore } from '../../../src/traces/dead-letters.store.js';
import { Metrics } from '../../../src/platform/metrics/metrics.js';
import { DOMAIN, event, Ingest, TOPIC } from '../ingest/harness.js';
import { Clients, eventually, RecordingHandler, unique } from '../kafka/harness.js';
import { DLQ_TOPIC, FakeProducer, relayOver } from './harness.js';

describe('the relay of dead letters', () => {
  let ingest: Ingest;
  let producer: FakeProducer;

  beforeAll(async () => {
    ingest = await Ingest.open();
  });
  afterAll(async () => {
    await ingest.close();
  });
  beforeEach(async () => {
    await ingest.reset();
    producer = new FakeProducer(() => ingest.log());
  });

  async function refuse(...records: (object | string | Buffer | null)[]): Promise<void> {
    ingest.log().append(...records);
    await ingest.consume(0, BigInt((await ingest.coverage()).total.offsets));
  }

  const rubbish = (count: number): object[] => Array.from({ length: count }, (_, n) => ({ n }));
  const copies = () => producer.records(DLQ_TOPIC);
  const numbers = () => copies().map(({ value }) => (JSON.parse(String(value)) as { n: number }).n);
  const lag = () => ingest.module.get(DeadLetterRelayStore).lagSeconds();

  async function unrelayed(): Promise<number> {
    const rows = await ingest.database.query<{ n: number }>(
      'SELECT count(*)::int AS n FROM dead_letters WHERE relayed_at IS NULL',
    );
    return rows[0]?.n ?? -1;
  }

  it('publishes the original bytes and key, and says in headers why and from where', async () => {
    const bytes = Buffer.concat([Buffer.from('{"half":'), Buffer.from([0, 0xff, 0x80])]);
    await refuse(event(), bytes, event({ trace_name: 7 }));
    await relayOver(ingest, producer).publishOnce();
    const rows = await ingest.database.query<{ id: string; log: number; detail: string; received_at: Date }>(
      'SELECT id, log, detail, received_at FROM dead_letters ORDER BY "offset"',
    );
    expect(producer.sent.map(({ topic }) => topic)).toEqual([DLQ_TOPIC]);
    const byOffset = copies().sort((left, right) =>
      Number(left.headers?.['quaestor-offset']) < Number(right.headers?.['quaestor-offset']) ? -1 : 1,
    );
    expect(byOffset).toHaveLength(2);
    const [row] = rows;
    expect(byOffset[0]).toEqual({
      key: Buffer.from('k'),
      value: bytes,
      headers: {
        'quaestor-dead-letter': row?.id,
        'quaestor-reason': 'not_json',
        'quaestor-detail': row?.detail,
        'quaestor-topic': TOPIC,
        'quaestor-partition': '0',
        'quaestor-offset': '1',
        'quaestor-log': String(row?.log),
        'quaestor-received-at': String(row?.received_at.getTime()),
        'quaestor-size': String(bytes.length),
        'quaestor-sha256': createHash('sha256').update(bytes).digest('hex'),
        'quaestor-truncated': 'false',
        'quaestor-headers-left-out': '0',
      },
    });
    expect(byOffset[1]?.headers).toMatchObject({
      'quaestor-reason': 'bad_field',
      'quaestor-domain-id': DOMAIN,
      'quaestor-offset': '2',
    });
    expect(await unrelayed()).toBe(0);
  });

  it("carries the sender's headers beside its own, which they cannot forge", async () => {
    const [one, two] = [Buffer.from('1'), Buffer.from([0xff, 0])];
    ingest.log().add('rubbish', {
      traceparent: Buffer.from('00-ab-cd-01'),
      twice: [one, two],
      'quaestor-reason': Buffer.from('forged'),
      'QUAESTOR-domain-id': Buffer.from('forged'),
      'quaestor-other': Buffer.from('forged'),
      long: Buffer.alloc(20_000),
    });
    await ingest.consume();
    await relayOver(ingest, producer).publishOnce();
    const headers = copies()[0]?.headers ?? {};
    expect(headers).toMatchObject({
      traceparent: [Buffer.from('00-ab-cd-01')],
      twice: [one, two],
      'quaestor-reason': 'not_json',
      'quaestor-headers-left-out': '1',
    });
    expect(headers).not.toHaveProperty('long');
    expect(Object.values(headers).flat().map(String)).not.toContain('forged');
  });

  it('marks a value that was cut', async () => {
    const bytes = Buffer.alloc(300_000, 'x');
    await refuse(bytes);
    await relayOver(ingest, producer).publishOnce();
    const [copy] = copies();
    expect(copy?.value).toEqual(bytes.subarray(0, 64 * 1024));
    expect(copy?.headers).toMatchObject({
      'quaestor-truncated': 'true',
      'quaestor-size': '300000',
      'quaestor-sha256': createHash('sha256').update(bytes).digest('hex'),
    });
  });

  it('publishes each once, also by several processes at a time', async () => {
    await refuse(...rubbish(730));
    const relays = [relayOver(ingest, producer), relayOver(ingest, producer), relayOver(ingest, producer)];
    await Promise.all(
      relays.map(async (relay) => {
        while (await relay.publishOnce());
      }),
    );
    expect(numbers().sort((left, right) => left - right)).toEqual(rubbish(730).map((_, n) => n));
    expect(await unrelayed()).toBe(0);
    await relays[0]?.publishOnce();
    expect(copies()).toHaveLength(730);
  });

  it('waits out an outage, in which ingest goes on', async () => {
    await refuse(...rubbish(5));
    const relay = relayOver(ingest, producer);
    producer.refuses = () => new Error('no broker');
    await expect(relay.publishOnce()).rejects.toThrow('no broker');
    await refuse({ n: 5 }, event());
    expect((await ingest.coverage()).total).toMatchObject({ stored: '1', dead_lettered: '6', balanced: true });
    expect(await lag()).toBeGreaterThan(0);
    producer.refuses = () => null;
    await relay.publishOnce();
    expect(numbers().sort()).toEqual([0, 1, 2, 3, 4, 5]);
    expect(await lag()).toBe(0);
  });

  it('goes on by itself after an outage, one by one past a record that the broker never takes', async () => {
    await refuse(...rubbish(8));
    producer.refuses = (_topic, records) =>
      records.some(({ value }) => String(value) === '{"n":0}') ? new Error('message too large') : null;
    const relay = relayOver(ingest, producer);
    relay.onApplicationBootstrap();
    try {
      await eventually('all others are published', () => copies().length === 7);
      expect(numbers().sort()).toEqual([1, 2, 3, 4, 5, 6, 7]);
      expect(producer.ensured).toContain(DLQ_TOPIC);
      expect(await unrelayed()).toBe(1);
    } finally {
      await relay.onModuleDestroy();
    }
  });

  it('takes over what a process claimed that died before it had published', async () => {
    await refuse(...rubbish(3));
    const store = ingest.module.get(DeadLetterRelayStore);
    expect(await store.claimCopies(2)).toHaveLength(2);
    const relay = relayOver(ingest, producer);
    await relay.publishOnce();
    expect(copies()).toHaveLength(1);
    await ingest.database.query(`UPDATE dead_letters SET relay_claimed_at = relay_claimed_at - interval '3 minutes'`);
    await relay.publishOnce();
    expect(numbers().sort()).toEqual([0, 1, 2]);
  });

  it('does nothing in a process without the role jobs', async () => {
    await refuse(...rubbish(1));
    const relay = relayOver(ingest, producer, ['api']);
    relay.onApplicationBootstrap();
    await relay.onModuleDestroy();
    expect([producer.sent, producer.ensured]).toEqual([[], []]);
  });

  it('publishes a replay again when ingest does not tell its outcome, ever more rarely', async () => {
    await refuse({ n: 1 });
    await ingest.database.query(`UPDATE dead_letters SET state = 'replayed', replays = 1, replayed_at = now()`);
    const relay = relayOver(ingest, producer);
    const sends = async (idleFor: string): Promise<number> => {
      await ingest.database.query('UPDATE dead_letters SET replay_sent_at = replay_sent_at - $1::interval', [idleFor]);
      const before = producer.records(TOPIC).length;
      await relay.publishOnce();
      return producer.records(TOPIC).length - before;
    };
    expect(await sends('0')).toBe(1);
    expect(await sends('1 minute')).toBe(0);
    expect(await sends('2 minutes')).toBe(1);
    expect(await sends('3 minutes')).toBe(0);
    await ingest.consume(0, 1n);
    expect(await sends('9 hours')).toBe(0);
  });

  it('tells the gauges', async () => {
    await refuse(...rubbish(3));
    await ingest.database.query(
      `UPDATE dead_letters SET received_at = received_at - interval '1 minute' WHERE "offset" = 0`,
    );
    const metrics = new Metrics();
    new DeadLetterMetrics(metrics, ingest.module.get(DeadLettersStore), ingest.module.get(DeadLetterRelayStore));
    const gauge = async (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(await metrics.text())?.[1]);
    expect(await gauge('quaestor_dead_letters_new')).toBe(3);
    expect(await gauge('quaestor_dead_letters_relay_oldest_seconds')).toBeGreaterThanOrEqual(60);
    await relayOver(ingest, producer).publishOnce();
    await ingest.database.query(`UPDATE dead_letters SET state = 'dropped' WHERE "offset" = 0`);
    expect(await gauge('quaestor_dead_letters_new')).toBe(2);
    expect(await gauge('quaestor_dead_letters_relay_oldest_seconds')).toBe(0);
  });

  it('delivers through a broker', async () => {
    const broker = await startEmbeddedBroker();
    const clients = new Clients(broker.brokers);
    try {
      const bytes = Buffer.from([0xc3, 0x28, 0]);
      ingest.log().add(bytes, { twice: [Buffer.from('1'), Buffer.from('2')], empty: Buffer.alloc(0) });
      await refuse(...rubbish(20));
      const relay = relayOver(ingest, clients.producer());
      relay.onApplicationBootstrap();
      const handler = new RecordingHandler();
      await clients.consumer(handler, { topic: DLQ_TOPIC, groupId: unique('dlq') });
      await eventually('all are in the DLQ topic', () => handler.values().length >= 21);
      await relay.onModuleDestroy();
      expect(handler.values()).toHaveLength(21);
      const all = handler.batches.flatMap(({ records }) => records);
      const first = all.find(({ headers }) => String(headers['quaestor-offset']) === '0');
      expect([first?.value, first?.key]).toEqual([bytes, Buffer.from('k')]);
      expect(String(first?.headers['quaestor-reason'])).toBe('not_json');
      expect(first?.headers).toMatchObject({ twice: [Buffer.from('1'), Buffer.from('2')], empty: Buffer.alloc(0) });
      expect(new Set(all.map(({ headers }) => String(headers['quaestor-dead-letter']))).size).toBe(21);
      expect(clients.messages('error')).toEqual([]);
    } finally {
      await clients.closeAll();
      await broker.stop();
    }
  });
});

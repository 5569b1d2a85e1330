/** Producing, inspecting and the codecs, against every kind of broker. */
import kafkajs from 'kafkajs';
import { startEmbeddedBroker } from '../../../src/embedded/index.js';
import { openKafka } from '../../../src/platform/kafka/kafkajs.client.js';
import { KafkaJsInspector } from '../../../src/platform/kafka/kafkajs.inspector.js';
import { brokerKinds, notRun } from './brokers.js';
import { Clients, eventually, PARTITIONS, RecordingHandler, scenariosOn, settingsFor, unique } from './harness.js';

const { CompressionTypes } = kafkajs;
const sum = (numbers: Iterable<bigint>): bigint => [...numbers].reduce((total, each) => total + each, 0n);

describe.each(brokerKinds)('clients of $name', (kind) => {
  const scenario = scenariosOn(kind);

  it.concurrent(
    'tell what a topic holds and what a group has committed',
    scenario(async ({ clients, topic, groupId }) => {
      const inspector = clients.inspector();
      await inspector.ping();
      expect(await inspector.clusterId()).toMatch(/./);
      const empty = await inspector.watermarks(topic);
      expect([...empty.keys()].sort()).toEqual([0, 1, 2, 3]);
      expect([...empty.values()]).toEqual(Array.from({ length: PARTITIONS }, () => ({ low: 0n, high: 0n })));

      const written = await clients.producer().send(
        topic,
        Array.from({ length: 20 }, (_, n) => ({ key: `k${String(n)}`, value: 'v' })),
      );
      expect(sum(written.map(({ baseOffset }) => baseOffset))).toBe(0n);
      const marks = await inspector.watermarks(topic);
      expect(sum([...marks.values()].map(({ high }) => high))).toBe(20n);
      expect([...(await inspector.committed(groupId, topic)).values()]).toEqual([-1n, -1n, -1n, -1n]);

      await clients.consumer(new RecordingHandler(), { topic, groupId });
      await eventually('all is committed', async () => {
        const committed = await inspector.committed(groupId, topic);
        return [...marks].every(([partition, { high }]) => committed.get(partition) === high);
      });
    }),
  );

  it.concurrent(
    'put a key always into the same partition, and say where each request went',
    scenario(async ({ clients, topic }) => {
      const [one, other] = [clients.producer(), clients.producer()];
      const [first] = await one.send(topic, [{ key: 'namespace-7', value: '1' }]);
      const [second] = await other.send(topic, [{ key: Buffer.from('namespace-7'), value: '2' }]);
      expect(second).toEqual({ partition: first?.partition, baseOffset: 1n });
      expect(await one.send(topic, [])).toEqual([]);
    }),
  );

  it.concurrent(
    'publish more than one request holds, in order',
    scenario(async ({ clients, topic, groupId }) => {
      const records = Array.from({ length: 30 }, (_, n) => ({
        key: 'large',
        value: `${String(n)} ${'x'.repeat(60_000)}`,
      }));
      const requests = await clients.producer().send(topic, records);
      expect(requests.length).toBeGreaterThan(1);
      const handler = new RecordingHandler();
      await clients.consumer(handler, { topic, groupId });
      await eventually('all records', () => handler.values().length === records.length);
      expect(handler.values().map((value) => value.split(' ')[0])).toEqual(records.map((_, n) => String(n)));
    }),
  );

  it.concurrent(
    'ensure a topic that exists, and one that does not',
    scenario(async ({ clients, topic }) => {
      const producer = clients.producer();
      await producer.ensureTopic(topic, PARTITIONS);
      const fresh = unique('fresh');
      await producer.ensureTopic(fresh, PARTITIONS);
      expect((await clients.inspector().watermarks(fresh)).size).toBe(PARTITIONS);
    }),
  );

  it.concurrent(
    'read what was compressed with gzip, snappy and lz4',
    scenario(async ({ clients, topic, groupId }) => {
      const { kafka, sever } = openKafka(settingsFor(clients.brokers), clients.write);
      const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
      await producer.connect();
      const long = 'compressible '.repeat(10_000);
      for (const [name, compression] of Object.entries({
        gzip: CompressionTypes.GZIP,
        snappy: CompressionTypes.Snappy,
        lz4: CompressionTypes.LZ4,
      })) {
        await producer.send({
          topic,
          compression,
          messages: [
            { key: 'k', value: name },
            { key: 'k', value: name + long },
          ],
        });
      }
      await producer.disconnect();
      sever();
      const handler = new RecordingHandler();
      await clients.consumer(handler, { topic, groupId });
      await eventually('six records', () => handler.values().length === 6);
      expect(handler.values()).toEqual(['gzip', 'snappy', 'lz4'].flatMap((name) => [name, name + long]));
    }),
  );
});

describe('clients of a broker that has gone', () => {
  it('fail within their bounds, and a consumer keeps trying until it is stopped', async () => {
    const broker = await startEmbeddedBroker();
    const clients = new Clients(broker.brokers);
    try {
      const topic = unique('topic');
      await clients.producer().ensureTopic(topic, PARTITIONS);
      const consumer = await clients.consumer(new RecordingHandler(), {
        topic,
        groupId: unique('group'),
        restartBackoff: { baseMs: 10, maxMs: 50 },
      });
      await eventually('the group is joined', () => consumer.status().running);
      const inspector = new KafkaJsInspector(settingsFor(clients.brokers), clients.write, { timeoutMs: 1_000 });
      await inspector.ping();
      await broker.stop();
      await expect(inspector.ping()).rejects.toThrow(/ping|connect/i);
      await eventually('a second membership is tried', () => consumer.status().restarts > 0);
      expect(consumer.status().running).toBe(false);
      await inspector.close();
    } finally {
      await clients.closeAll();
    }
    expect(clients.messages('error')).toEqual([]);
    expect(clients.messages('warn')).toContain('the Kafka consumer ended and is opened anew');
  });
});

for (const name of notRun) it.skip(name, () => undefined);

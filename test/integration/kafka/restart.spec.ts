/** A broker that is killed and comes back. Only a real one can: the embedded broker forgets all, and its address with it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startKafka } from '../../../src/embedded/index.js';
import { notRun, realKafkaIsWanted } from './brokers.js';
import { Clients, eventually, PARTITIONS, RecordingHandler, unique } from './harness.js';

const onRealKafka = realKafkaIsWanted ? it : it.skip;

describe('a Kafka that was killed and started again', () => {
  onRealKafka(
    `is consumed on, produced to and inspected with the same clients${notRun.map((reason) => ` (${reason})`).join('')}`,
    async () => {
      const dir = mkdtempSync(join(tmpdir(), 'quaestor-kafka-restart-'));
      const first = await startKafka({ dir });
      const clients = new Clients(first.brokers);
      const [topic, groupId] = [unique('topic'), unique('group')];
      const producer = clients.producer();
      const inspector = clients.inspector();
      try {
        await producer.ensureTopic(topic, PARTITIONS);
        await producer.send(topic, [{ key: 'same', value: 'before' }]);
        const handler = new RecordingHandler();
        const restartBackoff = { baseMs: 100, maxMs: 500 };
        const consumer = await clients.consumer(handler, { topic, groupId, restartBackoff });
        await eventually('the record from before', () => handler.values().includes('before'));
        await first.kill();
        const second = await startKafka({ dir, port: first.port });
        try {
          await producer.send(topic, [{ key: 'same', value: 'after' }]);
          await eventually('the record from after', () => handler.values().includes('after'), 60_000);
          expect(consumer.status().running).toBe(true);
          await inspector.ping();
        } finally {
          await clients.closeAll();
          await second.stop();
        }
      } finally {
        await first.stop();
        rmSync(dir, { recursive: true, force: true });
      }
      expect(clients.messages('error')).toEqual([]);
    },
    150_000,
  );
});

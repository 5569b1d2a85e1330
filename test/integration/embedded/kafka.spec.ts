/** `npm run kafka`, and the real Apache Kafka where Java and Maven can bring it: started, killed, started again in place. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { kafkaCommand } from '../../../src/embedded/kafka.command.js';
import { type RunningKafka, startKafka } from '../../../src/embedded/kafka-distribution.js';
import { missingForKafka } from '../../../src/embedded/kafka-jars.js';
import { expectEnd } from './processes.js';

describe('npm run kafka', () => {
  it.each([
    [[]],
    [['stop']],
    [['start', '--port', '0']],
    [['start', '--port', 'x']],
    [['start', '--embedded', '--port', '9092']],
    [['start', '--huge']],
  ])('refuses %j with its usage', async (args) => {
    const said = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    try {
      expect(await kafkaCommand(args)).toBe(2);
      expect(said.mock.calls.join('\n')).toContain('usage: npm run kafka -- start');
    } finally {
      said.mockRestore();
    }
  });
});

describe('Apache Kafka', () => {
  it('keeps what it took over a kill -9, on the same port', async () => {
    const missing = await missingForKafka();
    if (missing !== undefined) {
      console.warn(`Not tested on Apache Kafka: ${missing}`);
      return;
    }
    const dir = mkdtempSync(join(tmpdir(), 'quaestor kafka '));
    const started: RunningKafka[] = [];
    try {
      const first = await startKafka({ dir });
      started.push(first);
      const { port } = first;
      await produce(first);
      await first.kill();
      await expectEnd(first.pid);
      const second = await startKafka({ dir, port });
      started.push(second);
      expect(second.brokers).toEqual(first.brokers);
      expect(await produce(second)).toBe('1');
      await second.stop();
      await expectEnd(second.pid);
      expect(existsSync(join(dir, 'logs'))).toBe(true);
    } finally {
      for (const kafka of started) await kafka.stop();
      rmSync(dir, { recursive: true, force: true });
    }
  }, 180_000);
});

/** Sends one message; gives its offset. */
async function produce({ brokers }: RunningKafka): Promise<string | undefined> {
  const producer = new Kafka({ brokers, clientId: 'test', logLevel: logLevel.NOTHING }).producer();
  await producer.connect();
  try {
    const [sent] = await producer.send({ topic: 'kept', messages: [{ partition: 0, value: 'x' }] });
    return sent?.baseOffset;
  } finally {
    await producer.disconnect();
  }
}

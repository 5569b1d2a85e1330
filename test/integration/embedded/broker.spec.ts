/** The embedded broker, spoken to by a Kafka client, and bound to the life of its parent. */
import { Kafka, logLevel } from 'kafkajs';
import { addressIn, type EmbeddedBroker, startEmbeddedBroker } from '../../../src/embedded/broker.js';
import { expectEnd, killHard, startParent } from './processes.js';

describe('the embedded broker', () => {
  let broker: EmbeddedBroker;

  beforeAll(async () => {
    broker = await startEmbeddedBroker();
  });
  afterAll(async () => broker.stop());

  it('takes messages and gives them to a consumer group', async () => {
    const kafka = new Kafka({ brokers: broker.brokers, clientId: 'test', logLevel: logLevel.NOTHING });
    const producer = kafka.producer();
    const consumer = kafka.consumer({ groupId: 'test', maxWaitTimeInMs: 100 });
    try {
      await producer.connect();
      const messages = ['a', 'b', 'c'].map((value) => ({ key: 'one', value }));
      await producer.send({ topic: 'greetings', messages });
      await consumer.connect();
      await consumer.subscribe({ topic: 'greetings', fromBeginning: true });
      const received = new Promise<string[]>((resolve) => {
        const values: string[] = [];
        void consumer.run({
          eachMessage: async ({ message }) => {
            values.push(message.value?.toString() ?? '');
            if (values.length === messages.length) resolve(values);
          },
        });
      });
      expect(await received).toEqual(['a', 'b', 'c']);
    } finally {
      await Promise.all([producer.disconnect(), consumer.disconnect()]);
    }
  });

  it('ends when its parent is killed', async () => {
    const parent = await startParent('broker');
    await killHard(parent);
    await expectEnd(parent.started.pid);
  });

  it('says that it ended by itself, and can be stopped then', async () => {
    const other = await startEmbeddedBroker();
    expect(other.brokers).not.toEqual(broker.brokers);
    process.kill(other.pid, 'SIGKILL');
    await other.exited;
    await other.stop();
  });

  it('leaves no process behind when stopped', async () => {
    const other = await startEmbeddedBroker();
    await other.stop();
    await other.exited;
    await expectEnd(other.pid);
  });
});

describe('addressIn', () => {
  it.each([
    ['{"fields":{"message":"… ignored and replaced with 127.0.0.1:42207","log.line":80}}', '127.0.0.1:42207'],
    ['{"fields":{"message":"127.0.0.1:42207 connected"}}', undefined],
    ['', undefined],
  ])('%s', (line, address) => {
    expect(addressIn(line)).toBe(address);
  });
});

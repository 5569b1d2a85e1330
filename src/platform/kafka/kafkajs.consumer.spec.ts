import type { Consumer, ConsumerConfig, EachBatchPayload } from 'kafkajs';
import kafkajs from 'kafkajs';
import type { KafkaLog, KafkaLogEntry } from './kafka-log.js';
import type { KafkaConnection, KafkaSettings } from './kafkajs.client.js';
import { KafkaJsConsumer, type ConsumerOptions } from './kafkajs.consumer.js';
import type { BatchControl, BatchOutcome, LogBatch } from './log-consumer.js';

const topic = 'traces';
const settings: KafkaSettings = {
  brokers: ['127.0.0.1:1'],
  clientId: 'spec',
  ssl: false,
  sasl: null,
  connectionTimeoutMs: 100,
  requestTimeoutMs: 100,
};
const noop = (): void => undefined;

async function eventually(what: string, condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 5_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** What kafkajs does with a consumer, done by hand. */
class FakeKafka {
  static readonly opened: FakeKafka[] = [];
  readonly calls: string[] = [];
  severed = false;
  log: KafkaLog = noop;
  config: ConsumerConfig | undefined;
  onDisconnect: () => Promise<void> = () => Promise.resolve();
  whenRun: Promise<void> = Promise.resolve();
  private readonly listeners = new Map<string, ((event: { payload: unknown }) => void)[]>();
  private eachBatch: ((payload: EachBatchPayload) => Promise<void>) | undefined;

  connection(): KafkaConnection {
    const { admin, producer } = new kafkajs.Kafka({ brokers: ['127.0.0.1:1'], logLevel: kafkajs.logLevel.NOTHING });
    const consumer = (config?: ConsumerConfig): Consumer => {
      this.config = config;
      return this.consumer;
    };
    return { kafka: { admin, producer, consumer }, sever: () => (this.severed = true) };
  }

  emit(name: keyof Consumer['events'], payload: unknown = null): void {
    for (const listener of this.listeners.get(this.consumer.events[name]) ?? []) listener({ payload });
  }

  join(...partitions: number[]): void {
    this.emit('GROUP_JOIN', { memberAssignment: { [topic]: partitions } });
  }

  /** Hands over one record, as kafkajs would; rejects when `eachBatch` does. */
  async deliver(partition: number, overrides: Partial<EachBatchPayload> = {}): Promise<void> {
    await this.eachBatch?.({
      batch: {
        topic,
        partition,
        highWatermark: '8',
        messages: [{ key: null, value: Buffer.from('v'), timestamp: '1', attributes: 0, offset: '7', headers: {} }],
        isEmpty: () => false,
        firstOffset: () => '7',
        lastOffset: () => '7',
        offsetLag: () => '0',
        offsetLagLow: () => '0',
      },
      resolveOffset: (offset) => this.calls.push(`resolve ${offset}`),
      heartbeat: () => Promise.resolve(),
      pause: () => {
        this.calls.push(`pause ${String(partition)}`);
        return () => this.calls.push(`resume ${String(partition)}`);
      },
      commitOffsetsIfNecessary: async (offsets) => {
        this.calls.push(`commit ${JSON.stringify(offsets?.topics[0]?.partitions[0])}`);
        return Promise.resolve();
      },
      uncommittedOffsets: () => ({ topics: [] }),
      isRunning: () => true,
      isStale: () => false,
      ...overrides,
    });
  }

  private readonly consumer: Consumer = {
    ...new kafkajs.Kafka({ brokers: ['127.0.0.1:1'], logLevel: kafkajs.logLevel.NOTHING }).consumer({ groupId: 'g' }),
    connect: () => Promise.resolve(),
    subscribe: () => Promise.resolve(),
    run: async (config) => {
      this.eachBatch = config?.eachBatch;
      await this.whenRun;
      this.calls.push('running');
    },
    disconnect: async () => {
      this.calls.push('disconnect');
      await this.onDisconnect();
    },
    seek: ({ offset }) => this.calls.push(`seek ${offset}`),
    on: (name: string, listener: (event: never) => void) => {
      const known = this.listeners.get(name) ?? [];
      this.listeners.set(name, [...known, listener as (event: { payload: unknown }) => void]);
      return noop;
    },
  };
}

interface Setup {
  readonly consumer: KafkaJsConsumer;
  readonly kafkas: FakeKafka[];
  readonly first: FakeKafka;
  readonly log: KafkaLogEntry[];
  readonly assigned: number[][];
  readonly clock: { at: number; reads: number };
}

type Handle = (batch: LogBatch, control: BatchControl) => BatchOutcome | Promise<BatchOutcome>;

describe('a Kafka consumer', () => {
  let started: KafkaJsConsumer[] = [];

  afterEach(async () => {
    await Promise.all(started.map((consumer) => consumer.stop()));
    started = [];
  });

  async function start(
    handle: Handle,
    options: Partial<ConsumerOptions> = {},
    whenRun?: Promise<void>,
  ): Promise<Setup> {
    const [kafkas, log, assigned]: [FakeKafka[], KafkaLogEntry[], number[][]] = [[], [], []];
    const clock = {
      at: 1_000,
      reads: 0,
      now: () => {
        clock.reads += 1;
        return clock.at;
      },
    };
    const short = {
      sessionTimeoutMs: 20,
      rebalanceTimeoutMs: 20,
      stopLimitMs: 1_000,
      handlerBackoff: { baseMs: 1, maxMs: 2 },
      restartBackoff: { baseMs: 1, maxMs: 2 },
    };
    const open = (_settings: KafkaSettings, kafkaLog: KafkaLog): KafkaConnection => {
      const kafka = new FakeKafka();
      kafka.log = kafkaLog;
      if (whenRun) kafka.whenRun = whenRun;
      kafkas.push(kafka);
      return kafka.connection();
    };
    const write = (entry: KafkaLogEntry): number => log.push(entry);
    const consumer = new KafkaJsConsumer(settings, { topic, groupId: 'g', ...short, ...options }, clock, write, open);
    started.push(consumer);
    await consumer.start({
      assigned: (partitions) => assigned.push(partitions.map(({ partition }) => partition)),
      handle: async (batch, control) => handle(batch, control),
    });
    const [first] = kafkas;
    if (!first) throw new Error('no client was opened');
    if (!whenRun) await eventually('it runs', () => first.calls.includes('running'));
    return { consumer, kafkas, first, log, assigned, clock };
  }

  const advance: Handle = () => ({ kind: 'advance', nextOffset: 8n });
  const messages = (log: KafkaLogEntry[], level: string): string[] =>
    log.filter((entry) => entry.level === level).map(({ message }) => message);

  describe('on a batch', () => {
    it('resolves and commits what the handler has accounted for', async () => {
      const { first, assigned } = await start(advance);
      first.join(0, 1);
      await first.deliver(1);
      expect(assigned).toEqual([[0, 1]]);
      expect(first.calls).toEqual(['running', 'resolve 7', 'commit {"partition":1,"offset":"8"}']);
    });

    it('only warns when the commit fails', async () => {
      const { first, log } = await start(advance);
      first.join(0);
      await first.deliver(0, { commitOffsetsIfNecessary: () => Promise.reject(new Error('no coordinator')) });
      expect(messages(log, 'warn')).toEqual([expect.stringContaining('an offset was not committed')]);
    });

    it('seeks where the handler says, and resolves nothing', async () => {
      const { first } = await start(() => ({ kind: 'seek', offset: 3n }));
      first.join(0);
      await first.deliver(0);
      expect(first.calls).toEqual(['running', 'seek 3']);
    });

    it('pauses the partition alone, and resumes it', async () => {
      const { first } = await start(() => ({ kind: 'pause', delayMs: 1 }));
      first.join(0, 1);
      await first.deliver(1);
      await eventually('it is resumed', () => first.calls.includes('resume 1'));
      expect(first.calls).toEqual(['running', 'pause 1', 'resume 1']);
    });

    it('pauses when the handler throws, and calls for a person only when it keeps throwing', async () => {
      const { first, log } = await start(() => Promise.reject(new Error('bug')));
      first.join(0);
      for (let time = 0; time < 3; time++) await first.deliver(0);
      expect(first.calls.filter((call) => call === 'pause 0')).toHaveLength(3);
      expect(
        log.filter(({ message }) => message === 'the handler of a batch failed').map(({ level }) => level),
      ).toEqual(['warn', 'warn', 'error']);
    });
  });

  describe('whose heartbeat fails', () => {
    const rebalancing = Object.assign(new Error('rebalancing'), { type: 'REBALANCE_IN_PROGRESS' });
    const lost = { heartbeat: () => Promise.reject(rebalancing) };

    it('lets kafkajs see that error when the handler gives up', async () => {
      let running: boolean | undefined;
      const { first, log } = await start(async (_batch, control) => {
        await control.heartbeat().catch(noop);
        running = control.isRunning();
        throw new Error('given up');
      });
      first.join(0);
      await expect(first.deliver(0, lost)).rejects.toBe(rebalancing);
      expect(running).toBe(false);
      expect(first.calls).toEqual(['running']);
      expect(messages(log, 'warn')).toEqual([]);
    });

    it('still commits what the handler has finished', async () => {
      const { first } = await start(async (_batch, control) => {
        await control.heartbeat().catch(noop);
        return { kind: 'advance', nextOffset: 8n };
      });
      first.join(0);
      await expect(first.deliver(0, lost)).rejects.toBe(rebalancing);
      expect(first.calls).toContain('commit {"partition":0,"offset":"8"}');
    });
  });

  describe('at a reassignment', () => {
    it('announces it before any batch, again if the handler failed to take it', async () => {
      const { first, log, assigned } = await start(advance);
      const push = jest.spyOn(assigned, 'push').mockImplementationOnce(() => {
        throw new Error('not now');
      });
      first.join(0);
      expect(push).toHaveBeenCalledTimes(1);
      await first.deliver(0);
      expect([...assigned]).toEqual([[0]]);
      await first.deliver(0);
      expect([...assigned]).toEqual([[0]]);
      expect(messages(log, 'error')).toEqual(['the handler failed to take an assignment']);
    });

    it('drops a late batch of a partition that is no longer its own', async () => {
      let handled = 0;
      const { first } = await start((...given) => {
        handled += 1;
        return advance(...given);
      });
      first.join(0);
      await first.deliver(1);
      expect(handled).toBe(0);
      expect(first.calls).toEqual(['running']);
    });

    it('does not apply the outcome of a batch that began before', async () => {
      let running: boolean | undefined;
      const { first } = await start((...given) => {
        first.join(0);
        running = given[1].isRunning();
        return advance(...given);
      });
      first.join(0);
      await first.deliver(0);
      expect(running).toBe(false);
      expect(first.calls).toEqual(['running']);
    });
  });

  describe('that ended by itself', () => {
    it('is opened anew when a fetch learns that the topic was deleted', async () => {
      const { consumer, kafkas, first, log } = await start(advance);
      first.join(0);
      const error = 'This server does not host this topic-partition';
      first.log({ level: 'warn', message: 'Response Fetch(key: 1, version: 11)', fields: { error } });
      await eventually('a second client', () => kafkas.length === 2);
      expect(first.severed).toBe(true);
      expect(consumer.status()).toMatchObject({ running: false, restarts: 1 });
      expect(log.at(-1)?.fields.reason).toContain('deleted');
    });

    it('is opened anew after a crash, which kafkajs does not mend on its own', async () => {
      const { consumer, kafkas, first, log } = await start(advance);
      await expect(first.config?.retry?.restartOnFailure?.(new Error('x'))).resolves.toBe(false);
      first.join(0);
      expect(consumer.status()).toEqual({ running: true, partitions: [0], lastActivityAt: 1_000, restarts: 0 });
      first.emit('CRASH', { error: new Error('UNKNOWN_TOPIC'), groupId: 'g', restart: false });
      await eventually('a second one runs', () => kafkas[1]?.calls.includes('running') ?? false);
      expect(first.severed).toBe(true);
      expect(consumer.status()).toEqual({ running: false, partitions: [], lastActivityAt: 1_000, restarts: 1 });
      expect(log.find(({ level }) => level === 'warn')?.fields.reason).toBe('crashed: Error: UNKNOWN_TOPIC');
      kafkas[1]?.join(2, 1);
      expect(consumer.status()).toMatchObject({ running: true, partitions: [1, 2] });
    });

    it('is opened anew when it could not connect', async () => {
      const { kafkas } = await start(advance, {}, Promise.reject(new Error('refused')));
      await eventually('a third one', () => kafkas.length >= 3);
    });

    it('is opened anew when kafkajs disconnected without a crash', async () => {
      const { kafkas, first, log } = await start(advance);
      first.emit('DISCONNECT');
      await eventually('a second one', () => kafkas.length === 2);
      expect(log.find(({ level }) => level === 'warn')?.fields.reason).toBe('disconnected');
    });

    it('is opened anew after a long silence, and not before', async () => {
      const { kafkas, first, log, clock } = await start(advance);
      first.join(0);
      clock.at += 60;
      first.emit('HEARTBEAT');
      clock.at += 60;
      first.emit('FETCH');
      clock.at += 60;
      const reads = clock.reads;
      await eventually('the watchdog has looked three times', () => clock.reads > reads + 3);
      expect(kafkas).toHaveLength(1);
      clock.at += 1;
      await eventually('a second one', () => kafkas.length === 2);
      expect(log.find(({ level }) => level === 'warn')?.fields.reason).toBe('silent for 61 ms');
    });
  });

  describe('that is stopped', () => {
    it('joins first when it was joining, so that it can leave', async () => {
      let joined: () => void = noop;
      const { consumer, first, kafkas } = await start(advance, {}, new Promise((resolve) => (joined = resolve)));
      const stopped = consumer.stop();
      joined();
      await stopped;
      expect(first.calls).toEqual(['running', 'disconnect']);
      expect(first.severed).toBe(true);
      expect(kafkas).toHaveLength(1);
    });

    it('cuts the connection when the batch in hand does not end', async () => {
      const { consumer, first, log } = await start(advance, { stopLimitMs: 10 });
      first.onDisconnect = () => new Promise<void>(noop);
      await consumer.stop();
      expect(first.severed).toBe(true);
      expect(messages(log, 'warn')).toEqual(['the consumer group was not left in order']);
      expect(consumer.status()).toMatchObject({ running: false, partitions: [] });
    });

    it('resumes nothing any more, and opens nothing', async () => {
      const { consumer, kafkas, first } = await start(() => ({ kind: 'pause', delayMs: 5 }));
      first.join(0);
      await first.deliver(0);
      await consumer.stop();
      first.emit('CRASH', { error: new Error('late'), groupId: 'g', restart: false });
      // Set later for the same delay, hence due after the pause's own timer.
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect(first.calls).not.toContain('resume 0');
      expect(kafkas).toHaveLength(1);
    });

    it('does not wait for the next attempt', async () => {
      const { consumer, first, log } = await start(advance, { restartBackoff: { baseMs: 600_000, maxMs: 600_000 } });
      first.emit('CRASH', { error: new Error('x'), groupId: 'g', restart: false });
      await eventually('it waits', () => messages(log, 'warn').length === 1);
      await consumer.stop();
      expect(consumer.status().restarts).toBe(1);
    });

    it('cannot be started twice', async () => {
      const { consumer } = await start(advance);
      await expect(consumer.start({ assigned: noop, handle: () => Promise.reject(new Error()) })).rejects.toThrow(
        'before',
      );
    });
  });
});

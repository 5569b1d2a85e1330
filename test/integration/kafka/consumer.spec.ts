/** What ingest relies on when it reads a log: order, positions, pauses, membership. One contract for every kind of broker. */
import { brokerKinds, notRun } from './brokers.js';
import { advancePast, eventually, PARTITIONS, RecordingHandler, scenariosOn } from './harness.js';
import type { BatchOutcome } from '../../../src/platform/kafka/log-consumer.js';

const keys = Array.from({ length: 40 }, (_, index) => `key-${String(index)}`);
const oneOfEach = keys.map((key) => ({ key, value: key }));
const ofOneKey = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ key: 'same', value: `value-${String(index)}` }));
const all = Array.from({ length: PARTITIONS }, (_, partition) => partition);

describe.each(brokerKinds)('a consumer of $name', (kind) => {
  const scenario = scenariosOn(kind);

  it.concurrent(
    'is given the records of a partition in order, whole, after it was told its partitions',
    scenario(async ({ clients, topic, groupId }) => {
      const [first] = await clients
        .producer()
        .send(topic, [
          { key: 'same', value: 'first', headers: { origin: 'spec' } },
          { key: 'same', value: null },
          { key: 'same', value: Buffer.from([0, 255]) },
          ...ofOneKey(50),
        ]);
      const handler = new RecordingHandler();
      const consumer = await clients.consumer(handler, { topic, groupId });
      await eventually('all records', () => handler.values().length === 53);

      const records = handler.batches.flatMap((batch) => batch.records);
      expect(records.map(({ offset }) => offset)).toEqual(records.map((_, index) => BigInt(index)));
      expect(records.slice(3).map(({ value }) => String(value))).toEqual(ofOneKey(50).map(({ value }) => value));
      expect(records[0]).toMatchObject({ key: Buffer.from('same'), headers: { origin: Buffer.from('spec') } });
      expect(records[1]?.value).toBeNull();
      expect(records[2]?.value).toEqual(Buffer.from([0, 255]));
      expect(handler.batches.every((batch) => batch.partition === first?.partition && batch.topic === topic)).toBe(
        true,
      );
      expect(handler.batches.at(-1)?.highWatermark).toBe(53n);
      expect(handler.calls[0]).toBe('assigned');
      expect(handler.assignments).toEqual([all]);
      expect(consumer.status()).toMatchObject({ running: true, partitions: all });
      expect(consumer.status().lastActivityAt).toBeGreaterThan(0);
    }),
  );

  it.concurrent(
    'begins where the last one of its group had advanced to',
    scenario(async ({ clients, topic, groupId }) => {
      const [written] = await clients.producer().send(topic, ofOneKey(6));
      const partition = written?.partition ?? -1;
      const untilThree = new RecordingHandler((batch): BatchOutcome =>
        batch.records[0]?.offset === 0n ? { kind: 'advance', nextOffset: 3n } : { kind: 'pause', delayMs: 60_000 },
      );
      const earlier = await clients.consumer(untilThree, { topic, groupId });
      await eventually('the rest is delivered', () => untilThree.batches.length === 2);
      expect(untilThree.firstOffsets(partition)).toEqual([0n, 3n]);
      await earlier.stop();
      expect((await clients.inspector().committed(groupId, topic)).get(partition)).toBe(3n);

      const handler = new RecordingHandler();
      await clients.consumer(handler, { topic, groupId });
      await eventually('the records after the third', () => handler.values().length === 3);
      expect(handler.firstOffsets(partition)).toEqual([3n]);
    }),
  );

  it.concurrent(
    'goes back, and forward, to the offset the handler names, and commits nothing for it',
    scenario(async ({ clients, topic, groupId }) => {
      const [written] = await clients.producer().send(topic, ofOneKey(6));
      const partition = written?.partition ?? -1;
      const outcomes: BatchOutcome[] = [
        { kind: 'seek', offset: 4n },
        { kind: 'seek', offset: 1n },
        { kind: 'pause', delayMs: 60_000 },
      ];
      const handler = new RecordingHandler(() => outcomes.shift() ?? { kind: 'pause', delayMs: 60_000 });
      await clients.consumer(handler, { topic, groupId });
      await eventually('three batches', () => handler.batches.length === 3);
      expect(handler.firstOffsets(partition)).toEqual([0n, 4n, 1n]);
      expect((await clients.inspector().committed(groupId, topic)).get(partition)).toBe(-1n);
    }),
  );

  it.concurrent(
    'is given a log from its beginning when the offset it seeks is beyond the end',
    scenario(async ({ clients, topic, groupId }) => {
      await clients.producer().send(topic, ofOneKey(3));
      const handler = new RecordingHandler((batch): BatchOutcome => {
        return handler.batches.length === 1 ? { kind: 'seek', offset: 1_000n } : advancePast(batch);
      });
      await clients.consumer(handler, { topic, groupId });
      await eventually('the log again', () => handler.batches.length > 1);
      expect(handler.batches[1]?.records[0]?.offset).toBe(0n);
    }),
  );

  it.concurrent(
    'stays in the group while all partitions pause for longer than the session, and then delivers the same',
    scenario(async ({ clients, topic, groupId }) => {
      await clients.producer().send(topic, oneOfEach);
      const paused = new Set<number>();
      const handler = new RecordingHandler((batch): BatchOutcome => {
        if (paused.has(batch.partition)) return advancePast(batch);
        paused.add(batch.partition);
        return { kind: 'pause', delayMs: 8_000 };
      });
      await clients.consumer(handler, { topic, groupId, sessionTimeoutMs: 6_000 });
      await eventually('each partition was delivered again', () =>
        all.every((p) => handler.firstOffsets(p).length >= 2),
      );
      for (const partition of all) expect(handler.firstOffsets(partition).slice(0, 2)).toEqual([0n, 0n]);
      expect(handler.assignments).toEqual([all]);
      const inspector = clients.inspector();
      const high = await inspector.watermarks(topic);
      await eventually('the position is committed under the same membership', async () => {
        const committed = await inspector.committed(groupId, topic);
        return all.every((partition) => committed.get(partition) === high.get(partition)?.high);
      });
    }),
  );

  it.concurrent(
    'is given a batch again, later, when the handler throws',
    scenario(async ({ clients, topic, groupId }) => {
      const [written] = await clients.producer().send(topic, ofOneKey(2));
      const handler = new RecordingHandler((batch) => {
        if (handler.batches.length < 3) throw new Error('the handler is not well');
        return advancePast(batch);
      });
      const consumer = await clients.consumer(handler, { topic, groupId });
      await eventually('a third delivery', () => handler.batches.length === 3);
      expect(handler.firstOffsets(written?.partition ?? -1)).toEqual([0n, 0n, 0n]);
      expect(handler.assignments).toHaveLength(1);
      expect(consumer.status().restarts).toBe(0);
      const complaints = clients.log.filter(({ message }) => message === 'the handler of a batch failed');
      expect(complaints.map(({ fields }) => fields.failures)).toEqual([1, 2]);
    }),
  );

  it.concurrent(
    'shares partitions with others of its group, and takes them over',
    scenario(async ({ clients, topic, groupId }) => {
      const [one, two] = [new RecordingHandler(), new RecordingHandler()];
      const stays = await clients.consumer(one, { topic, groupId });
      await eventually('the first has all', () => stays.status().partitions.length === PARTITIONS);
      const leaves = await clients.consumer(two, { topic, groupId });
      await eventually('both have some', () => {
        const [some, rest] = [stays.status().partitions, leaves.status().partitions];
        return some.length > 0 && rest.length > 0 && some.length + rest.length === PARTITIONS;
      });
      await leaves.stop();
      expect(leaves.status()).toMatchObject({ running: false, partitions: [] });
      await eventually('the first has all again', () => stays.status().partitions.length === PARTITIONS);
      expect(one.assignments.length).toBeGreaterThanOrEqual(3);
      expect(one.assignments.at(-1)).toEqual(all);
      await clients.producer().send(topic, oneOfEach);
      await eventually('every record', () => new Set(one.values()).size === keys.length);
    }),
  );

  it.concurrent(
    'learns by its heartbeat that the group has moved on, and rejoins',
    scenario(async ({ clients, topic, groupId }) => {
      await clients.producer().send(topic, ofOneKey(1));
      let lost: unknown;
      const handler = new RecordingHandler(async (batch, control) => {
        if (lost !== undefined) return advancePast(batch);
        try {
          await eventually('a heartbeat that fails', () => control.heartbeat().then(() => false));
        } catch (error) {
          lost = error;
        }
        expect(control.isRunning()).toBe(false);
        throw new Error('given up');
      });
      const first = await clients.consumer(handler, { topic, groupId });
      await eventually('the batch is in hand', () => handler.batches.length === 1);
      const second = await clients.consumer(new RecordingHandler(), { topic, groupId });
      await eventually('both have some', () => {
        const [some, rest] = [first.status().partitions, second.status().partitions];
        return some.length > 0 && rest.length > 0 && some.length + rest.length === PARTITIONS;
      });
      expect(lost).toMatchObject({ type: 'REBALANCE_IN_PROGRESS' });
      expect(first.status().restarts).toBe(0);
      expect(clients.log.filter(({ message }) => message === 'the handler of a batch failed')).toEqual([]);
    }),
  );

  it.concurrent(
    'finishes and commits the batch in hand before it stops',
    scenario(async ({ clients, topic, groupId }) => {
      const [written] = await clients.producer().send(topic, ofOneKey(3));
      let release: () => void = () => undefined;
      const gate = new Promise<void>((resolve) => (release = resolve));
      let isRunning: () => boolean = () => false;
      const handler = new RecordingHandler(async (batch, control) => {
        isRunning = () => control.isRunning();
        await gate;
        return advancePast(batch);
      });
      const consumer = await clients.consumer(handler, { topic, groupId });
      await eventually('the batch is in hand', () => handler.batches.length === 1);
      expect(isRunning()).toBe(true);
      let stopped = false;
      const stopping = consumer.stop().then(() => (stopped = true));
      await eventually('the handler is told', () => !isRunning());
      expect(stopped).toBe(false);
      release();
      await stopping;
      expect((await clients.inspector().committed(groupId, topic)).get(written?.partition ?? -1)).toBe(3n);
      expect(handler.batches).toHaveLength(1);
    }),
  );
});

for (const name of notRun) it.skip(name, () => undefined);

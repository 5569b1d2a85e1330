/** Fills the database of a benchmark by way of ingest itself, so that indexes, roll-ups and names seen are as in use. */
import { LogReader } from '../src/traces/log-reader.service.js';
import { type BenchStack, pretendBroker } from './bench-stack.js';
import { workload, type WorkloadShape } from './workload.js';

const BATCH = 5_000;
const LOGS = 2;

/** `change` may rewrite each event; `seed` must be another for each filling of the same database. */
export async function fillByIngest(
  stack: BenchStack,
  shape: WorkloadShape,
  change: (event: string) => string,
  seed = 1,
): Promise<void> {
  const reader = stack.app.get(LogReader, { strict: false });
  const control = { heartbeat: () => Promise.resolve(), isRunning: () => true };
  const most = BigInt(shape.traces);
  const topic = `bench-${String(seed)}`;
  pretendBroker(stack.app, new Map(Array.from({ length: LOGS }, (_, partition) => [partition, most])));
  const texts = workload(shape, seed);
  const log = async (partition: number): Promise<void> => {
    for (let offset = 0n; ; offset += BigInt(BATCH)) {
      const records = take(texts, BATCH).map((text, index) => ({
        offset: offset + BigInt(index),
        key: null,
        value: Buffer.from(change(text)),
        timestampMs: 0,
        headers: {},
      }));
      if (records.length === 0) return;
      const outcome = await reader.handle({ topic, partition, highWatermark: most, records }, control);
      if (outcome.kind !== 'advance') throw new Error(`filling stopped: ${outcome.kind}`);
    }
  };
  await Promise.all(Array.from({ length: LOGS }, (_, partition) => log(partition)));
}

function take<T>(items: Iterator<T, unknown>, count: number): T[] {
  const taken: T[] = [];
  while (taken.length < count) {
    const next = items.next();
    if (next.done === true) break;
    taken.push(next.value);
  }
  return taken;
}

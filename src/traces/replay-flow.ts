/** Keeps a replay from outrunning ingest where the broker forgets what is not read in time: the embedded one. */
import { setTimeout as pause } from 'node:timers/promises';
import type { LogInspector, OutgoingRecord } from '../platform/kafka/log-consumer.js';

export interface FlowControl {
  waitForRoom(): Promise<void>;
  sent(acknowledged: readonly { partition: number; baseOffset: bigint }[], batch: readonly OutgoingRecord[]): void;
}

/** The embedded broker forgets beyond 5 MiB a partition; below this nothing is lost even if estimates are off. */
const UNREAD_BYTES = 2 * 1024 * 1024;
const USUAL_RECORD_BYTES = 1_200;
const POLL_MS = 100;
/** Without any progress of the readers for this long the replay gives up rather than overwrite what nobody has read. */
const STALLED_MS = 120_000;
/** Name that librdkafka's mock cluster gives itself. */
const FORGETFUL_CLUSTER = 'mockCluster';

export const unlimitedFlow: FlowControl = { waitForRoom: () => Promise.resolve(), sent: () => undefined };

/** A real broker keeps what is not read: there the replay runs as fast as it is taken. */
export async function flowFor(inspector: LogInspector, topic: string, groupId: string): Promise<FlowControl> {
  if (!(await inspector.clusterId()).startsWith(FORGETFUL_CLUSTER)) return unlimitedFlow;
  const flow = new BoundedFlow(inspector, topic, groupId);
  await flow.noteBacklog();
  return flow;
}

class BoundedFlow implements FlowControl {
  /** Bytes sent to each partition since it was last known to be read to the end, and the offset after the last of them. */
  private readonly unread = new Map<number, { bytes: number; end: bigint }>();

  constructor(
    private readonly inspector: LogInspector,
    private readonly topic: string,
    private readonly groupId: string,
  ) {}

  /** What earlier replays left unread counts as well; its bytes are estimated. */
  async noteBacklog(): Promise<void> {
    const committed = await this.inspector.committed(this.groupId, this.topic);
    for (const [partition, { low, high }] of await this.inspector.watermarks(this.topic)) {
      const read = committed.get(partition) ?? -1n;
      const records = high - (read > low ? read : low);
      if (records > 0n) this.unread.set(partition, { bytes: Number(records) * USUAL_RECORD_BYTES, end: high });
    }
  }

  /** Counts a batch in full for each partition it touched: an over-estimate, never an under-estimate. */
  sent(acknowledged: readonly { partition: number; baseOffset: bigint }[], batch: readonly OutgoingRecord[]): void {
    const bytes = batch.reduce((sum, { value }) => sum + Buffer.byteLength(value ?? ''), 0);
    for (const { partition, baseOffset } of acknowledged) {
      const known = this.unread.get(partition);
      const end = baseOffset + 1n;
      this.unread.set(partition, {
        bytes: (known?.bytes ?? 0) + bytes,
        end: known && known.end > end ? known.end : end,
      });
    }
  }

  async waitForRoom(): Promise<void> {
    let progressAt = Date.now();
    let seen = '';
    while ([...this.unread.values()].some(({ bytes }) => bytes > UNREAD_BYTES)) {
      const committed = await this.inspector.committed(this.groupId, this.topic);
      for (const [partition, { end }] of this.unread)
        if ((committed.get(partition) ?? -1n) >= end) this.unread.delete(partition);
      const now = [...committed].join(' ');
      if (now !== seen) progressAt = Date.now();
      seen = now;
      if (Date.now() - progressAt > STALLED_MS)
        throw new Error('nothing is read from the topic; is the service running?');
      await pause(POLL_MS);
    }
  }
}

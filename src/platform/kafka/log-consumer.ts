/** What the service needs of a partitioned log, without naming a client library: kafkajs stays behind these interfaces. */

/** By name; several where the name came several times. One that came without a value is empty. */
export type RecordHeaders = Readonly<Record<string, Buffer | readonly Buffer[] | undefined>>;

/** One record as the broker delivered it. `value` is null for a tombstone. */
export interface LogRecord {
  readonly offset: bigint;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly timestampMs: number;
  readonly headers: RecordHeaders;
}

/** Records of one partition in offset order; never empty. Offsets may have gaps (compaction, transaction markers). */
export interface LogBatch {
  readonly topic: string;
  readonly partition: number;
  /** Offset one past the last record of the partition when this batch was fetched. */
  readonly highWatermark: bigint;
  readonly records: readonly LogRecord[];
}

/** Where the partition shall be read next, as the handler decides it. */
export type BatchOutcome =
  /** All below `nextOffset` is accounted for; commit it (informational) and go on. */
  | { readonly kind: 'advance'; readonly nextOffset: bigint }
  /** Read again from `offset`; nothing is committed. */
  | { readonly kind: 'seek'; readonly offset: bigint }
  /** Not now: pause this partition and deliver the same offset again after `delayMs`. Membership is kept meanwhile. */
  | { readonly kind: 'pause'; readonly delayMs: number };

export interface BatchControl {
  /** Keeps the membership alive during long work. Throws when the group has moved on without us. */
  heartbeat(): Promise<void>;
  /** False once the service is stopping or the partition was taken away: finish the unit in hand, then return. */
  isRunning(): boolean;
}

export interface LogHandler {
  /** Called at every (re)assignment, before any batch of it: forget what was known about positions. */
  assigned(partitions: readonly { topic: string; partition: number }[]): void;
  handle(batch: LogBatch, control: BatchControl): Promise<BatchOutcome>;
}

export interface ConsumerStatus {
  readonly running: boolean;
  readonly partitions: readonly number[];
  /** Epoch ms of the last sign of life: a fetch, a heartbeat, a join. */
  readonly lastActivityAt: number;
  readonly restarts: number;
}

export interface LogConsumer {
  start(handler: LogHandler): Promise<void>;
  /** Reads an assigned partition from `offset` next, wherever the group stands. Ignored for one that is not assigned. */
  seek(partition: number, offset: bigint): void;
  /** Finishes the batch in hand, commits, leaves the group. */
  stop(): Promise<void>;
  status(): ConsumerStatus;
}

export interface Watermarks {
  /** Offset of the oldest record still kept. */
  readonly low: bigint;
  /** Offset the next record will get. */
  readonly high: bigint;
}

/** Questions to the broker that move nothing. Every call has a timeout. */
export interface LogInspector {
  watermarks(topic: string): Promise<ReadonlyMap<number, Watermarks>>;
  /** Offsets committed by a consumer group, per partition; -1 where none. */
  committed(groupId: string, topic: string): Promise<ReadonlyMap<number, bigint>>;
  clusterId(): Promise<string>;
  /** Answers when the broker does; throws otherwise. */
  ping(): Promise<void>;
}

export interface OutgoingRecord {
  readonly key: string | Buffer | null;
  readonly value: Buffer | string | null;
  readonly headers?: Readonly<Record<string, string | readonly Buffer[]>>;
}

export interface LogProducer {
  /** Resolves when the broker has acknowledged all (acks=all). Throws if any was not; then any may have arrived. */
  send(
    topic: string,
    records: readonly OutgoingRecord[],
  ): Promise<readonly { partition: number; baseOffset: bigint }[]>;
  /** Sees to it that the topic exists; one that does is left as it is. */
  ensureTopic(name: string, partitions: number): Promise<void>;
  close(): Promise<void>;
}

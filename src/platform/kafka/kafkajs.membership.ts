/**
 * One membership of a consumer group: a kafkajs consumer from its first connection until it crashed, fell silent or was
 * closed. It is never revived: `KafkaJsConsumer` opens the next one, on sockets and offsets of its own.
 */
import type { Consumer, EachBatchPayload } from 'kafkajs';
import type { BackoffBounds } from '../../kernel/backoff.js';
import type { Clock } from '../../kernel/clock.js';
import { within } from './bounded.js';
import { errorText, type KafkaLog } from './kafka-log.js';
import { KAFKA_RETRY, type KafkaConnection } from './kafkajs.client.js';
import { toLogBatch } from './kafkajs.records.js';
import type { BatchControl, BatchOutcome, LogHandler } from './log-consumer.js';
import { PartitionPauses } from './partition-pauses.js';

export interface MembershipOptions {
  readonly topic: string;
  readonly groupId: string;
  readonly maxBytesPerPartition: number;
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly maxWaitTimeMs: number;
  /** Partitions whose batches are handled at the same time. */
  readonly concurrency: number;
  readonly allowAutoTopicCreation: boolean;
  /** Delays after a handler threw. */
  readonly handlerBackoff: BackoffBounds;
}

/** One GROUP_JOIN: what it assigned. Compared by identity, so that what began under an earlier one is recognised. */
interface Assignment {
  readonly partitions: ReadonlySet<number>;
  announced: boolean;
}

const COMMIT_LIMIT_MS = 5_000;
/** A crash is reported after DISCONNECT and tells more, so it gets this long to arrive. */
const CRASH_REPORT_MS = 1_000;
/** From this many failures in a row on, a person should look: outages are expected as a `pause`, not as an exception. */
const ALARMING_FAILURES = 3;

export class KafkaJsMembership {
  /** Resolves once, with the reason, when this membership is of no more use. */
  readonly ended: Promise<string>;
  private end: (reason: string) => void = () => undefined;
  private readonly consumer: Consumer;
  private readonly pauses: PartitionPauses;
  private opened: Promise<void> = Promise.resolve();
  private assignment: Assignment | undefined;
  private closed: Promise<void> | undefined;
  private closing = false;
  private lastSignAt = 0;

  constructor(
    private readonly connection: KafkaConnection,
    private readonly options: MembershipOptions,
    private readonly handler: LogHandler,
    private readonly clock: Clock,
    private readonly log: KafkaLog,
  ) {
    this.ended = new Promise((resolve) => (this.end = resolve));
    this.pauses = new PartitionPauses(options.handlerBackoff);
    this.consumer = connection.kafka.consumer({
      groupId: options.groupId,
      maxBytesPerPartition: options.maxBytesPerPartition,
      sessionTimeout: options.sessionTimeoutMs,
      heartbeatInterval: options.heartbeatIntervalMs,
      rebalanceTimeout: options.rebalanceTimeoutMs,
      maxWaitTimeInMs: options.maxWaitTimeMs,
      allowAutoTopicCreation: options.allowAutoTopicCreation,
      // kafkajs restarts after some crashes and not after others; here every crash ends the membership.
      retry: { ...KAFKA_RETRY, restartOnFailure: () => Promise.resolve(false) },
    });
  }

  /** Assigned partitions; undefined until the group has been joined, and once this has begun to close. */
  get partitions(): ReadonlySet<number> | undefined {
    return this.closing ? undefined : this.assignment?.partitions;
  }

  /** Epoch ms of the last fetch, heartbeat or join; 0 before any. */
  get lastActivityAt(): number {
    return this.lastSignAt;
  }

  open(): void {
    this.listen();
    this.opened = this.join().catch((error: unknown) => this.end(errorText(error)));
  }

  seek(partition: number, offset: bigint): void {
    if (!this.partitions?.has(partition)) return;
    this.consumer.seek({ topic: this.options.topic, partition, offset: String(offset) });
  }

  /** Lets the batch in hand end, leaves the group and disconnects. After `limitMs` the sockets are cut instead. */
  close(limitMs: number): Promise<void> {
    return (this.closed ??= this.leave(limitMs));
  }

  private async leave(limitMs: number): Promise<void> {
    this.closing = true;
    this.pauses.cancelAll();
    // A consumer that is disconnected while it joins would join all the same afterwards: hence join first.
    const left = this.opened.then(() => this.consumer.disconnect());
    await within(left, limitMs, 'leaving the consumer group').catch((error: unknown) => {
      this.report('warn', 'the consumer group was not left in order', { error: errorText(error) });
    });
    this.connection.sever();
    this.end('closed');
  }

  private async join(): Promise<void> {
    const { topic, concurrency } = this.options;
    await this.consumer.connect();
    await this.consumer.subscribe({ topics: [topic], fromBeginning: true });
    await this.consumer.run({
      // With autoCommit kafkajs commits on its own, also when it seeks.
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: concurrency,
      eachBatch: (payload) => this.onBatch(payload),
    });
  }

  private listen(): void {
    const { events } = this.consumer;
    // kafkajs emits synchronously inside its join, so `assigned` has returned before anything is fetched.
    this.consumer.on(events.GROUP_JOIN, ({ payload }) =>
      this.onJoin(payload.memberAssignment[this.options.topic] ?? []),
    );
    this.consumer.on(events.HEARTBEAT, () => this.showLife());
    this.consumer.on(events.FETCH, () => this.showLife());
    this.consumer.on(events.CRASH, ({ payload }) => this.end(`crashed: ${errorText(payload.error)}`));
    this.consumer.on(events.DISCONNECT, () => {
      setTimeout(() => this.end('disconnected'), CRASH_REPORT_MS).unref();
    });
  }

  private showLife(): void {
    this.lastSignAt = this.clock.now();
  }

  private onJoin(partitions: readonly number[]): void {
    this.showLife();
    this.assignment = { partitions: new Set(partitions), announced: false };
    this.report('info', 'joined the consumer group', { partitions: partitions.join(',') });
    try {
      this.announce(this.assignment);
    } catch (error) {
      // An exception here would crash kafkajs; the next batch announces again and counts as failed if that fails too.
      this.report('error', 'the handler failed to take an assignment', { error: errorText(error) });
    }
  }

  private announce(assignment: Assignment): void {
    if (assignment.announced) return;
    const { topic } = this.options;
    this.handler.assigned([...assignment.partitions].map((partition) => ({ topic, partition })));
    assignment.announced = true;
  }

  private async onBatch(payload: EachBatchPayload): Promise<void> {
    const { assignment } = this;
    const { partition } = payload.batch;
    // With several brokers, one fetcher may still deliver what it fetched before another one rejoined.
    if (this.closing || !assignment?.partitions.has(partition)) return;
    const membership: { lost?: Error } = {};
    const isCurrent = (): boolean => assignment === this.assignment && membership.lost === undefined;
    const control: BatchControl = {
      heartbeat: async () => {
        try {
          await payload.heartbeat();
        } catch (error) {
          membership.lost = error instanceof Error ? error : new Error(String(error));
          throw error;
        }
      },
      isRunning: () => payload.isRunning() && !this.closing && isCurrent(),
    };
    const outcome = await this.outcomeOf(payload, assignment, control, () => membership.lost !== undefined);
    // An outcome of an earlier assignment moves nothing: the new one begins at the committed offset.
    if (outcome && assignment === this.assignment) await this.apply(outcome, payload);
    // kafkajs rejoins, or reconnects, when it sees the error of its heartbeat.
    if (membership.lost) throw membership.lost;
  }

  /** Undefined when the handler gave up because the membership is lost. */
  private async outcomeOf(
    payload: EachBatchPayload,
    assignment: Assignment,
    control: BatchControl,
    isLost: () => boolean,
  ): Promise<BatchOutcome | undefined> {
    const { partition } = payload.batch;
    try {
      this.announce(assignment);
      const outcome = await this.handler.handle(toLogBatch(payload.batch), control);
      this.pauses.succeeded(partition);
      return outcome;
    } catch (error) {
      if (isLost()) return undefined;
      const { delayMs, failures } = this.pauses.failed(partition);
      const fields = {
        partition,
        failures,
        delayMs,
        offset: payload.batch.firstOffset() ?? '',
        error: errorText(error),
      };
      this.report(failures < ALARMING_FAILURES ? 'warn' : 'error', 'the handler of a batch failed', fields);
      return { kind: 'pause', delayMs };
    }
  }

  private async apply(outcome: BatchOutcome, payload: EachBatchPayload): Promise<void> {
    const { topic, partition } = payload.batch;
    if (outcome.kind === 'advance') {
      payload.resolveOffset(String(outcome.nextOffset - 1n));
      await this.commit(payload, outcome.nextOffset);
    } else if (this.closing) {
      return;
    } else if (outcome.kind === 'seek') {
      this.consumer.seek({ topic, partition, offset: String(outcome.offset) });
    } else {
      this.pauses.hold(partition, outcome.delayMs, payload.pause());
    }
  }

  /** `Consumer.commitOffsets` does nothing once the consumer is stopping; this one commits the last batch, too. */
  private async commit(payload: EachBatchPayload, nextOffset: bigint): Promise<void> {
    const { topic, partition } = payload.batch;
    const offsets = { topics: [{ topic, partitions: [{ partition, offset: String(nextOffset) }] }] };
    try {
      await within(payload.commitOffsetsIfNecessary(offsets), COMMIT_LIMIT_MS, 'committing an offset');
    } catch (error) {
      const fields = { partition, offset: String(nextOffset), error: errorText(error) };
      this.report('warn', 'an offset was not committed; only the place of a restart depends on it', fields);
    }
  }

  private report(level: 'info' | 'warn' | 'error', message: string, fields: Record<string, string | number>): void {
    const { topic, groupId } = this.options;
    this.log({ level, message, fields: { topic, groupId, ...fields } });
  }
}

/** Keeps one membership of a consumer group alive: opens another whenever the last one crashed or fell silent. */
import { setTimeout as sleep } from 'node:timers/promises';
import { backoffDelayMs, type BackoffBounds } from '../../kernel/backoff.js';
import type { Clock } from '../../kernel/clock.js';
import { type KafkaLog, saysTopicIsGone } from './kafka-log.js';
import { openKafka, type KafkaConnection, type KafkaSettings } from './kafkajs.client.js';
import { KafkaJsMembership, type MembershipOptions } from './kafkajs.membership.js';
import type { ConsumerStatus, LogConsumer, LogHandler } from './log-consumer.js';

/** What is not said has the default of `defaults` below. */
export type ConsumerOptions = Pick<MembershipOptions, 'topic' | 'groupId'> &
  Partial<MembershipOptions> & {
    /** How long a stop waits for the batch in hand before it cuts the connection. */
    readonly stopLimitMs?: number;
    /** Delays between two memberships. */
    readonly restartBackoff?: BackoffBounds;
  };

const defaults = {
  // A larger fetch is no faster to ingest, and what is read of it grows old in memory while it waits to be written.
  maxBytesPerPartition: 2 * 1024 * 1024,
  sessionTimeoutMs: 30_000,
  heartbeatIntervalMs: 3_000,
  rebalanceTimeoutMs: 60_000,
  maxWaitTimeMs: 100,
  concurrency: 2,
  allowAutoTopicCreation: true,
  handlerBackoff: { baseMs: 500, maxMs: 30_000 },
  stopLimitMs: 20_000,
  restartBackoff: { baseMs: 500, maxMs: 30_000 },
};

/** A membership that lasted this many session timeouts was sound: what ends it is a new trouble, not the old one. */
const SOUND_SESSIONS = 2;
/** Silence of this many session timeouts: the group gave the partitions away long ago, and kafkajs did not notice. */
const SILENT_SESSIONS = 3;

export class KafkaJsConsumer implements LogConsumer {
  private readonly options: typeof defaults & MembershipOptions;
  private readonly stopping = new AbortController();
  private supervision: Promise<void> | undefined;
  private membership: KafkaJsMembership | undefined;
  private earlierActivityAt = 0;
  private restarts = 0;

  constructor(
    private readonly settings: KafkaSettings,
    options: ConsumerOptions,
    private readonly clock: Clock,
    private readonly log: KafkaLog,
    private readonly open: (settings: KafkaSettings, log: KafkaLog) => KafkaConnection = openKafka,
  ) {
    this.options = { ...defaults, ...options };
  }

  /** Does not wait for the broker: joining goes on, and is tried again, in the background. `status` tells. */
  start(handler: LogHandler): Promise<void> {
    if (this.supervision) return Promise.reject(new Error('the consumer has been started before'));
    this.supervision = this.supervise(handler);
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.membership?.close(this.options.stopLimitMs);
    await this.supervision;
  }

  seek(partition: number, offset: bigint): void {
    this.membership?.seek(partition, offset);
  }

  /** `lastActivityAt` is 0 before the first sign of life. */
  status(): ConsumerStatus {
    const partitions = this.membership?.partitions;
    return {
      running: partitions !== undefined,
      partitions: [...(partitions ?? [])].sort((a, b) => a - b),
      lastActivityAt: Math.max(this.earlierActivityAt, this.membership?.lastActivityAt ?? 0),
      restarts: this.restarts,
    };
  }

  private async supervise(handler: LogHandler): Promise<void> {
    let failures = 0;
    while (!this.stopping.signal.aborted) {
      const openedAt = this.clock.now();
      const reason = await this.runMembership(handler, openedAt);
      if (this.stopping.signal.aborted) return;
      this.restarts += 1;
      const lastedMs = this.clock.now() - openedAt;
      failures = lastedMs > SOUND_SESSIONS * this.options.sessionTimeoutMs ? 0 : failures + 1;
      const delayMs = backoffDelayMs(failures, this.options.restartBackoff, Math.random());
      this.warn('the Kafka consumer ended and is opened anew', { reason, delayMs, restarts: this.restarts });
      await sleep(delayMs, undefined, { signal: this.stopping.signal, ref: false }).catch(() => undefined);
    }
  }

  /** Resolves with the reason of its end when the membership is over and closed. */
  private async runMembership(handler: LogHandler, openedAt: number): Promise<string> {
    const deletion = this.watchForDeletion();
    const connection = this.open(this.settings, deletion.log);
    const membership = new KafkaJsMembership(connection, this.options, handler, this.clock, this.log);
    this.membership = membership;
    membership.open();
    const silence = this.watchForSilence(membership, openedAt);
    const reason = await Promise.race([membership.ended, silence.noticed, deletion.noticed]);
    silence.stop();
    this.earlierActivityAt = Math.max(this.earlierActivityAt, membership.lastActivityAt);
    await membership.close(this.options.stopLimitMs);
    return reason;
  }

  /**
   * A topic that is deleted and created again under a running consumer: kafkajs refreshes its metadata and reads on at the
   * offset of the old one, so that what lies below would never be delivered. A new membership begins where the broker says.
   */
  private watchForDeletion(): { readonly noticed: Promise<string>; readonly log: KafkaLog } {
    let notice: (reason: string) => void = () => undefined;
    const noticed = new Promise<string>((resolve) => (notice = resolve));
    const log: KafkaLog = (entry) => {
      if (saysTopicIsGone(entry)) notice('the topic, or a partition of it, was deleted');
      this.log(entry);
    };
    return { noticed, log };
  }

  private watchForSilence(
    membership: KafkaJsMembership,
    openedAt: number,
  ): { readonly noticed: Promise<string>; stop(): void } {
    const { sessionTimeoutMs, rebalanceTimeoutMs } = this.options;
    // A join may take as long as the slowest member of the group is allowed to.
    const limitMs = Math.max(SILENT_SESSIONS * sessionTimeoutMs, rebalanceTimeoutMs + sessionTimeoutMs);
    let timer: NodeJS.Timeout | undefined;
    const noticed = new Promise<string>((resolve) => {
      timer = setInterval(() => {
        const silentMs = this.clock.now() - Math.max(openedAt, membership.lastActivityAt);
        if (silentMs > limitMs) resolve(`silent for ${String(silentMs)} ms`);
      }, sessionTimeoutMs / 2);
      timer.unref();
    });
    return { noticed, stop: () => clearInterval(timer) };
  }

  private warn(message: string, fields: Record<string, string | number>): void {
    const { topic, groupId } = this.options;
    this.log({ level: 'warn', message, fields: { topic, groupId, ...fields } });
  }
}

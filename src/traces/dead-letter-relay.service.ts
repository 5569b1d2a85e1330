/** Publishes what dead letters have to say: their copies to the DLQ topic, and those that are replayed to the topic again. */
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Counter } from 'prom-client';
import type { Config } from '../platform/config/config.schema.js';
import type { LogProducer, OutgoingRecord } from '../platform/kafka/log-consumer.js';
import { Logger } from '../platform/logging/logger.js';
import { Metrics } from '../platform/metrics/metrics.js';
import { RepeatedWork } from '../platform/scheduling/repeated-work.js';
import { CONFIG, LOG_PRODUCER } from '../platform/tokens.js';
import { DeadLetterRelayStore, type RelayedLetter } from './dead-letter-relay.store.js';
import { REPLAY_HEADER, writeReplayMark } from './dead-letter-replay.js';
import { carriedHeaders } from './kept-headers.js';

/** Of at most 64 KiB each. */
const BATCH = 100;
const IDLE_MS = 500;
const FAILED = { baseMs: 500, maxMs: 15_000 };
/** Of a DLQ topic that does not exist yet. */
const NEW_TOPIC_PARTITIONS = 4;
const STOP_LIMIT_MS = 5_000;

/**
 * Runs in every process of role `jobs`: several take different rows. Copies arrive at least once; a row claimed by a
 * process that died is another's after two minutes. The table stays authoritative: without a broker this waits, ingest
 * does not.
 */
@Injectable()
export class DeadLetterRelay implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly published: Counter<'kind'>;
  private readonly loop: RepeatedWork;
  private topicIsThere = false;

  constructor(
    private readonly store: DeadLetterRelayStore,
    @Inject(LOG_PRODUCER) private readonly producer: LogProducer,
    @Inject(CONFIG) private readonly config: Pick<Config, 'ROLES' | 'KAFKA_TOPIC' | 'KAFKA_DLQ_TOPIC'>,
    private readonly logger: Logger,
    metrics: Metrics,
  ) {
    this.loop = new RepeatedWork({
      work: () => this.publishOnce(),
      idleMs: IDLE_MS,
      backoff: FAILED,
      onFailure: (error, delayMs) => {
        logger.warn('dead letters could not be published; they wait in their table', { error, delayMs });
      },
    });
    this.published = metrics.counter({
      name: 'quaestor_dead_letters_published_total',
      help: 'Dead letters published: copies to the DLQ topic, replays to the topic again.',
      labelNames: ['kind'],
    });
  }

  onApplicationBootstrap(): void {
    if (!this.config.ROLES.includes('jobs')) return;
    this.loop.start(this.ensureTopic());
  }

  /** Earlier than the producer is closed; what is then still under way stays claimed, and is published later. */
  async onModuleDestroy(): Promise<void> {
    await this.loop.stop(STOP_LIMIT_MS);
  }

  /** One batch of each kind; true when there may be more. Throws when the broker or the database does not take part. */
  async publishOnce(): Promise<boolean> {
    // One by one after a failure: a record that the broker refuses for good must not hold up the others.
    const limit = this.loop.failures === 0 ? BATCH : 1;
    // Replays first: somebody waits for their outcome.
    const replays = await this.publishReplays(limit);
    const copies = this.loop.stopping ? 0 : await this.publishCopies(limit);
    return replays === limit || copies === limit;
  }

  private async publishReplays(limit: number): Promise<number> {
    const due = await this.store.claimReplays(limit);
    const records = due.map(({ id, replay, key, value, headers }) => ({
      key,
      value,
      headers: { ...carriedHeaders(headers), [REPLAY_HEADER]: writeReplayMark({ deadLetterId: id, replay }) },
    }));
    await this.send(this.config.KAFKA_TOPIC, records, () => this.store.giveBackReplays(due));
    this.published.inc({ kind: 'replay' }, due.length);
    return due.length;
  }

  private async publishCopies(limit: number): Promise<number> {
    const letters = await this.store.claimCopies(limit);
    if (letters.length > 0) await this.ensureTopic();
    await this.send(this.config.KAFKA_DLQ_TOPIC, letters.map(toCopy), () => this.store.giveBackCopies(letters));
    if (letters.length > 0) await this.store.copied(letters);
    this.published.inc({ kind: 'copy' }, letters.length);
    return letters.length;
  }

  private async send(topic: string, records: readonly OutgoingRecord[], giveBack: () => Promise<void>): Promise<void> {
    if (records.length === 0) return;
    try {
      await this.producer.send(topic, records);
    } catch (error) {
      // A single one stays claimed for a while, so that the next has its turn. What cannot be given back becomes due by itself.
      if (records.length > 1) await giveBack().catch(() => undefined);
      throw error;
    }
  }

  /** Tried until it succeeds; publishing goes on meanwhile, since the topic may be there and only not ours to ask for. */
  private async ensureTopic(): Promise<void> {
    if (this.topicIsThere) return;
    try {
      await this.producer.ensureTopic(this.config.KAFKA_DLQ_TOPIC, NEW_TOPIC_PARTITIONS);
      this.topicIsThere = true;
    } catch (error) {
      this.logger.debug('the DLQ topic could not be looked after', { error });
    }
  }
}

/** The bytes and headers as they came, as far as they were kept; our own headers say why they are here and where they come from. */
function toCopy(letter: RelayedLetter): OutgoingRecord {
  const truncated = letter.value.length < letter.size;
  return {
    key: letter.key,
    value: letter.value,
    headers: {
      ...carriedHeaders(letter.headers),
      'quaestor-dead-letter': letter.id,
      'quaestor-reason': letter.reason,
      'quaestor-detail': letter.detail,
      'quaestor-topic': letter.topic,
      'quaestor-partition': String(letter.partition),
      'quaestor-offset': letter.offset,
      'quaestor-log': String(letter.log),
      'quaestor-received-at': String(letter.receivedAt.getTime()),
      'quaestor-size': String(letter.size),
      'quaestor-sha256': letter.sha256.toString('hex'),
      'quaestor-truncated': String(truncated),
      'quaestor-headers-left-out': String(letter.headers.leftOut),
      ...(letter.domainId === null ? {} : { 'quaestor-domain-id': letter.domainId }),
    },
  };
}

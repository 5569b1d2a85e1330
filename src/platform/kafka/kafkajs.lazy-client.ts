/** A kafkajs admin or producer that connects when first used, once, and anew after it failed. */
import type { RetryOptions } from 'kafkajs';
import { within } from './bounded.js';
import type { KafkaLog } from './kafka-log.js';
import { openKafka, type KafkaConnection, type KafkaSettings } from './kafkajs.client.js';

interface Connectable {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
}

interface Opened<Client> {
  readonly connection: KafkaConnection;
  readonly client: Client;
  readonly connected: Promise<void>;
}

export interface LazyClientOptions {
  /** `KAFKA_RETRY` unless said. */
  readonly retry?: RetryOptions;
  /** Whether the client can still be used after this error; unless said, when the broker has answered. */
  readonly survives?: (error: unknown) => boolean;
}

const DISCONNECT_LIMIT_MS = 5_000;

export class LazyKafkaClient<Client extends Connectable> {
  private opened: Opened<Client> | undefined;
  private closed = false;
  private readonly inFlight = new Set<Promise<unknown>>();

  constructor(
    private readonly settings: KafkaSettings,
    private readonly log: KafkaLog,
    private readonly build: (kafka: KafkaConnection['kafka']) => Client,
    private readonly options: LazyClientOptions = {},
  ) {}

  /** Runs `work` on the connected client; connecting and working together are bounded by `limitMs`. */
  async use<T>(what: string, limitMs: number, work: (client: Client) => Promise<T>): Promise<T> {
    if (this.closed) throw new Error(`${what}: the Kafka client has been closed`);
    const opened = (this.opened ??= this.open());
    const running = opened.connected.then(() => work(opened.client));
    this.inFlight.add(running);
    try {
      return await within(running, limitMs, what);
    } catch (error) {
      const survives = this.options.survives ?? isAnswer;
      if (!survives(error)) this.discard(opened);
      throw error;
    } finally {
      this.inFlight.delete(running);
    }
  }

  /** Waits for what is in flight, at most `limitMs`, and disconnects. */
  async close(limitMs: number): Promise<void> {
    this.closed = true;
    await within(Promise.allSettled(this.inFlight), limitMs, 'requests in flight').catch(() => undefined);
    const { opened } = this;
    this.opened = undefined;
    if (opened) await disconnect(opened);
  }

  private open(): Opened<Client> {
    const connection = openKafka(this.settings, this.log, this.options.retry);
    const client = this.build(connection.kafka);
    return { connection, client, connected: client.connect() };
  }

  private discard(failed: Opened<Client>): void {
    if (this.opened === failed) this.opened = undefined;
    void disconnect(failed);
  }
}

async function disconnect({ connection, client }: Opened<Connectable>): Promise<void> {
  await within(client.disconnect(), DISCONNECT_LIMIT_MS, 'disconnecting from Kafka').catch(() => undefined);
  connection.sever();
}

/** True when the broker answered, if only to refuse: then the connection is sound. kafkajs wraps errors that it retried. */
function isAnswer(error: unknown): boolean {
  for (let depth = 0; error instanceof Error && depth < 5; depth++) {
    if (error.name === 'KafkaJSProtocolError' || error.name === 'KafkaJSServerDoesNotSupportApiKey') return true;
    error = error.cause;
  }
  return false;
}

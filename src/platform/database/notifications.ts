/** Listens to what transactions notify, on a connection of its own. Only a hint: what is missed is never told again. */
import { Injectable } from '@nestjs/common';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { backoffDelayMs } from '../../kernel/backoff.js';
import { Logger } from '../logging/logger.js';

const BACKOFF = { baseMs: 200, maxMs: 30_000 };
const CONNECT_LIMIT_MS = 5_000;

@Injectable()
export class Notifications {
  constructor(
    private readonly dataSource: DataSource,
    private readonly log: Logger,
  ) {}

  /** Calls `onNotification` with each payload, and once after every connecting. Returns what ends it. */
  listen(channel: string, onNotification: (payload: string) => void): () => Promise<void> {
    const { options } = this.dataSource;
    const url = options.type === 'postgres' ? options.url : undefined;
    const listener = new Listener(url, channel, onNotification, this.log);
    listener.connect();
    return () => listener.stop();
  }
}

class Listener {
  private client: pg.Client | null = null;
  private timer: NodeJS.Timeout | undefined;
  private failures = 0;
  private stopped = false;

  constructor(
    private readonly url: string | undefined,
    private readonly channel: string,
    private readonly onNotification: (payload: string) => void,
    private readonly log: Logger,
  ) {}

  connect(): void {
    const client = new pg.Client({
      connectionString: this.url,
      connectionTimeoutMillis: CONNECT_LIMIT_MS,
      query_timeout: CONNECT_LIMIT_MS,
      keepAlive: true,
      application_name: 'quaestor-listen',
    });
    this.client = client;
    client.on('notification', ({ payload = '' }) => this.onNotification(payload));
    // Both may come for one lost connection.
    client.once('end', () => this.lost(client));
    client.on('error', () => this.lost(client));
    client
      .connect()
      .then(() => client.query(`LISTEN ${client.escapeIdentifier(this.channel)}`))
      .then(() => {
        this.failures = 0;
        this.onNotification('');
      })
      .catch(() => this.lost(client));
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.client?.end().catch(() => undefined);
  }

  private lost(client: pg.Client): void {
    if (this.client !== client || this.stopped) return;
    this.client = null;
    client.end().catch(() => undefined);
    const delayMs = backoffDelayMs(this.failures++, BACKOFF, Math.random());
    this.log.debug('the connection for notifications was lost', { channel: this.channel, delay_ms: delayMs });
    this.timer = setTimeout(() => {
      this.connect();
    }, delayMs);
    this.timer.unref();
  }
}

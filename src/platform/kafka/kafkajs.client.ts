/** Builds kafkajs clients that have time limits everywhere, read every codec, and can be cut off for good. */
import net from 'node:net';
import tls from 'node:tls';
import { Kafka, logLevel, type ISocketFactory, type KafkaConfig, type RetryOptions, type SASLOptions } from 'kafkajs';
import { registerCodecs } from './codecs.js';
import { kafkajsLogCreator, type KafkaLog } from './kafka-log.js';
import { patchRequestQueue } from './request-queue.patch.js';

export interface KafkaSettings {
  /** `host:port` each. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  /** PEM texts, or true for the system's authorities. */
  readonly ssl: boolean | { readonly ca?: string; readonly cert?: string; readonly key?: string };
  readonly sasl: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
    readonly username: string;
    readonly password: string;
  } | null;
  readonly connectionTimeoutMs: number;
  readonly requestTimeoutMs: number;
}

/** One kafkajs client with its sockets. */
export interface KafkaConnection {
  readonly kafka: Pick<Kafka, 'admin' | 'consumer' | 'producer'>;
  /**
   * Destroys all sockets, refuses new ones and ends its log. kafkajs has no such switch: its `disconnect` waits for the
   * batch in hand however long that takes, and a consumer that is stopped while it joins reconnects afterwards.
   */
  readonly sever: () => void;
}

/** 300 ms, doubled five times with ±20 % jitter, at most 5 s each: about 10 s in all. */
export const KAFKA_RETRY: RetryOptions = {
  initialRetryTime: 300,
  multiplier: 2,
  factor: 0.2,
  maxRetryTime: 5_000,
  retries: 5,
};

const KEEP_ALIVE_DELAY_MS = 60_000;

export function openKafka(settings: KafkaSettings, log: KafkaLog, retry: RetryOptions = KAFKA_RETRY): KafkaConnection {
  patchRequestQueue();
  registerCodecs();
  const sockets = new SocketSet();
  const whileOpen: KafkaLog = (entry) => {
    if (!sockets.closed) log(entry);
  };
  const kafka = new Kafka({ ...configOf(settings, whileOpen), retry, socketFactory: sockets.create });
  return { kafka, sever: () => sockets.close() };
}

function configOf(settings: KafkaSettings, log: KafkaLog): KafkaConfig {
  return {
    brokers: [...settings.brokers],
    clientId: settings.clientId,
    ssl: typeof settings.ssl === 'boolean' ? settings.ssl : { ...settings.ssl },
    ...(settings.sasl === null ? {} : { sasl: saslOptions(settings.sasl) }),
    connectionTimeout: settings.connectionTimeoutMs,
    authenticationTimeout: settings.connectionTimeoutMs,
    requestTimeout: settings.requestTimeoutMs,
    enforceRequestTimeout: true,
    logLevel: logLevel.INFO,
    logCreator: kafkajsLogCreator(log, secretsOf(settings)),
  };
}

function secretsOf({ sasl, ssl }: KafkaSettings): string[] {
  const key = typeof ssl === 'object' ? ssl.key : undefined;
  return [sasl?.password ?? '', key ?? ''].filter((secret) => secret !== '');
}

/** One case each, because kafkajs types the mechanisms apart. */
function saslOptions({ mechanism, username, password }: NonNullable<KafkaSettings['sasl']>): SASLOptions {
  switch (mechanism) {
    case 'plain':
      return { mechanism, username, password };
    case 'scram-sha-256':
      return { mechanism, username, password };
    case 'scram-sha-512':
      return { mechanism, username, password };
  }
}

class SocketSet {
  closed = false;
  private readonly sockets = new Set<net.Socket>();

  readonly create: ISocketFactory = ({ host, port, ssl, onConnect }) => {
    if (this.closed) throw new Error('the Kafka client has been closed');
    const socket = connect(host, port, ssl, onConnect);
    socket.setKeepAlive(true, KEEP_ALIVE_DELAY_MS);
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
    return socket;
  };

  close(): void {
    this.closed = true;
    // With an error, so that kafkajs rejects the requests in flight instead of waiting for their answers.
    for (const socket of this.sockets) socket.destroy(new Error('the Kafka client has been closed'));
  }
}

/** kafkajs's type for `ssl` does not admit what it passes for plain text: undefined. */
function connect(
  host: string,
  port: number,
  ssl: tls.ConnectionOptions | undefined,
  onConnect: () => void,
): net.Socket {
  if (!ssl) return net.connect({ host, port }, onConnect);
  // A server name must not be an address (RFC 6066 §3).
  const serverName = net.isIP(host) === 0 ? { servername: host } : {};
  return tls.connect({ host, port, ...serverName, ...ssl }, onConnect);
}

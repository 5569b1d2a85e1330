import net, { type AddressInfo } from 'node:net';
import { once } from 'node:events';
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';
import type { KafkaLogEntry } from './kafka-log.js';
import { openKafka, type KafkaSettings } from './kafkajs.client.js';

const settings: KafkaSettings = {
  brokers: ['127.0.0.1:1'],
  clientId: 'spec',
  ssl: false,
  sasl: { mechanism: 'plain', username: 'user', password: 's3cret' },
  connectionTimeoutMs: 300,
  requestTimeoutMs: 300,
};

describe('a Kafka client', () => {
  it('has the idle-timer fix', () => {
    openKafka(settings, () => undefined);
    const logger = { debug: () => undefined, warn: () => undefined };
    const queue = new RequestQueue({
      maxInFlightRequests: null,
      requestTimeout: 1_000,
      enforceRequestTimeout: false,
      clientId: 'spec',
      broker: '127.0.0.1:1',
      logger,
    });
    queue.checkPendingRequests();
    expect(queue.throttleCheckTimeoutId).toBeNull();
  });

  it('gives up on a broker that accepts and says nothing, and warns without its password', async () => {
    const server = net.createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const log: KafkaLogEntry[] = [];
    const brokers = [`127.0.0.1:${String((server.address() as AddressInfo).port)}`];
    const { kafka, sever } = openKafka({ ...settings, brokers }, (entry) => log.push(entry), { retries: 0 });
    await expect(kafka.admin().connect()).rejects.toThrow(/timed out|timeout/i);
    expect(log.length).toBeGreaterThan(0);
    expect(log.every(({ level }) => level === 'warn' || level === 'debug')).toBe(true);
    expect(JSON.stringify(log)).not.toContain('s3cret');
    sever();
    server.close();
    await once(server, 'close');
  });

  it('cuts its sockets when severed, opens none afterwards, and is silent', async () => {
    const closed: Promise<unknown>[] = [];
    const server = net.createServer((socket) => closed.push(once(socket.resume(), 'close'))).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const log: KafkaLogEntry[] = [];
    const brokers = [`127.0.0.1:${String((server.address() as AddressInfo).port)}`];
    const unhurried = { ...settings, brokers, connectionTimeoutMs: 60_000, requestTimeoutMs: 60_000 };
    const { kafka, sever } = openKafka(unhurried, (entry) => log.push(entry), { retries: 0 });
    const connecting = kafka.admin().connect();
    await once(server, 'connection');
    sever();
    await expect(connecting).rejects.toThrow();
    await Promise.all(closed);
    expect(closed).toHaveLength(1);
    await expect(kafka.admin().connect()).rejects.toThrow('has been closed');
    expect(log.filter(({ level }) => level !== 'debug')).toEqual([]);
    server.close();
    await once(server, 'close');
  });
});

/** The broker of a stage: one that can be killed and started again. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedBroker, type RunningKafka, startEmbeddedBroker, startKafka } from '../../src/embedded/index.js';

export interface Broker {
  readonly kind: string;
  /** Of the one that runs now. */
  readonly brokers: readonly string[];
  /** `kill -9`. */
  kill(): Promise<void>;
  /** After it was killed. Apache Kafka goes on with its data at its address; the embedded one is another, and empty. */
  startAgain(): Promise<void>;
  stop(): Promise<void>;
}

export async function openKafka(): Promise<Broker> {
  const dir = mkdtempSync(join(tmpdir(), 'quaestor-fault-kafka-'));
  let running: RunningKafka = await startKafka({ dir });
  return {
    kind: 'Apache Kafka',
    get brokers() {
      return running.brokers;
    },
    kill: () => running.kill(),
    startAgain: async () => {
      running = await startKafka({ dir, port: running.port });
    },
    stop: async () => {
      await running.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

export async function openEmbeddedBroker(): Promise<Broker> {
  let running: EmbeddedBroker = await startEmbeddedBroker();
  return {
    kind: 'the embedded broker',
    get brokers() {
      return running.brokers;
    },
    kill: async () => {
      process.kill(running.pid, 'SIGKILL');
      await running.exited;
    },
    startAgain: async () => {
      running = await startEmbeddedBroker();
    },
    stop: () => running.stop(),
  };
}

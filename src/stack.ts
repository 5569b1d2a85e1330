/** Settles what the service runs on: the Postgres and Kafka it was told of, or the embedded ones; and the encryption key. */
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { lockDataDirectory, startEmbeddedBroker, startEmbeddedPostgres } from './embedded/index.js';
import type { Config } from './platform/config/config.schema.js';

export interface Stack {
  readonly databaseUrl: string;
  readonly brokers: readonly string[];
  readonly encryptionKey: Buffer;
  readonly dataDir: string;
  /** Ends what was started here; what was there before is left alone. */
  stop(): Promise<void>;
}

/** Throws with a message for the operator when a part cannot be started; then nothing is left running. */
export async function startStack(config: Config, log: (line: string) => void): Promise<Stack> {
  const dataDir = resolve(config.DATA_DIR);
  mkdirSync(dataDir, { recursive: true });
  const stops: (() => Promise<void> | void)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of stops.splice(0).reverse()) await end();
  };
  try {
    if (config.DATABASE_URL === undefined) {
      const lock = lockDataDirectory(dataDir);
      stops.push(() => lock.release());
    }
    const [databaseUrl, brokers] = await bothOf(
      settle(config.DATABASE_URL, async () => {
        const postgres = await startEmbeddedPostgres({ dataDir, log });
        stops.push(() => postgres.stop());
        return postgres.url;
      }),
      settle(config.KAFKA_BROKERS, async () => {
        const broker = await startEmbeddedBroker({ log });
        stops.push(() => broker.stop());
        return broker.brokers;
      }),
    );
    return { databaseUrl, brokers, encryptionKey: encryptionKey(config, dataDir), dataDir, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function settle<T>(given: T | undefined, start: () => Promise<T>): Promise<T> {
  return given === undefined ? start() : Promise.resolve(given);
}

/** Waits for both also when one fails, so that whatever was started is known and can be stopped. */
async function bothOf<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([first, second]);
  return Promise.all([first, second]);
}

/** Configured, or generated once beside the embedded database whose secrets it encrypts. */
function encryptionKey(config: Config, dataDir: string): Buffer {
  if (config.ENCRYPTION_KEY !== undefined) return Buffer.from(config.ENCRYPTION_KEY, 'base64');
  const file = encryptionKeyFile(dataDir);
  if (!existsSync(file)) writeEncryptionKey(dataDir, randomBytes(32));
  return readEncryptionKey(file);
}

/** Where the embedded stack keeps the key that was generated for it. */
export function encryptionKeyFile(dataDir: string): string {
  return join(dataDir, 'encryption.key');
}

export function writeEncryptionKey(dataDir: string, key: Buffer): void {
  writePrivately(encryptionKeyFile(dataDir), `${key.toString('base64')}\n`);
}

/** Throws, naming the file, where it holds no key. */
export function readEncryptionKey(file: string): Buffer {
  const key = Buffer.from(readFileSync(file, 'utf8').trim(), 'base64');
  if (key.length !== 32) throw new Error(`${file} does not hold an encryption key (32 bytes in base64)`);
  return key;
}

/** Whole or not at all, and readable by the owner only. */
export function writePrivately(file: string, content: string): void {
  const draft = `${file}.${String(process.pid)}.new`;
  writeFileSync(draft, content, { mode: 0o600 });
  chmodSync(draft, 0o600);
  renameSync(draft, file);
}

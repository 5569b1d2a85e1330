/** Hashes passwords with scrypt and compares them in constant time. */
import { randomBytes, scrypt, type ScryptOptions, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Gate } from './gate.js';

/** log2 N, r, p: 32 MiB and about 0.1 s each. */
const COST = { log2N: 15, r: 8, p: 1 } as const;
const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** Half of libuv's four threads: hashing never keeps files and names from being read. */
const CONCURRENCY = 2;
const MOST_WAITING = 100;

interface StoredHash {
  readonly options: ScryptOptions;
  readonly salt: Buffer;
  readonly hash: Buffer;
}

@Injectable()
export class PasswordHasher {
  private readonly gate = new Gate(CONCURRENCY, MOST_WAITING);
  private dummy: Promise<string> | undefined;

  /** `scrypt$log2N$r$p$salt$hash`, the last two in base64. */
  async hash(password: string): Promise<string> {
    const salt = randomBytes(SALT_BYTES);
    const { log2N, r, p } = COST;
    const hash = await this.derive(password, {
      salt,
      hash: Buffer.alloc(HASH_BYTES),
      options: scryptOptions(log2N, r, p),
    });
    return ['scrypt', log2N, r, p, salt.toString('base64'), hash.toString('base64')].join('$');
  }

  /** Where there is nothing to compare with (`null`), false after the same time. */
  async verify(password: string, stored: string | null): Promise<boolean> {
    const expected = parse(stored ?? (await this.dummyHash()));
    const actual = await this.derive(password, expected);
    return timingSafeEqual(actual, expected.hash) && stored !== null;
  }

  private dummyHash(): Promise<string> {
    this.dummy ??= this.hash(randomBytes(SALT_BYTES).toString('hex')).catch((error: unknown) => {
      this.dummy = undefined;
      throw error;
    });
    return this.dummy;
  }

  private derive(password: string, { salt, hash, options }: StoredHash): Promise<Buffer> {
    return this.gate.run(
      () =>
        new Promise((resolve, reject) => {
          // The same password typed on another system may come decomposed.
          scrypt(password.normalize('NFC'), salt, hash.length, options, (error, derived) => {
            if (error) reject(error);
            else resolve(derived);
          });
        }),
    );
  }
}

function scryptOptions(log2N: number, r: number, p: number): ScryptOptions {
  const N = 2 ** log2N;
  // Node refuses what needs more than `maxmem`; scrypt needs 128·N·r bytes and a little.
  return { N, r, p, maxmem: 256 * N * r };
}

function parse(stored: string): StoredHash {
  const [scheme, log2N, r, p, salt, hash] = stored.split('$');
  if (scheme !== 'scrypt' || salt === undefined || hash === undefined)
    throw new Error('a stored password hash is not in a known form');
  return {
    options: scryptOptions(Number(log2N), Number(r), Number(p)),
    salt: Buffer.from(salt, 'base64'),
    hash: Buffer.from(hash, 'base64'),
  };
}

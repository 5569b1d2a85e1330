/** The Ed25519 keys that sign tokens: made once per installation, kept sealed in the database, so that replicas agree. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '../kernel/clock.js';
import { Database, type Transaction } from '../platform/database/database.js';
import { CLOCK } from '../platform/tokens.js';
import { takeIdentityLock } from './identity-lock.store.js';
import { SecretBox } from './secret-box.js';
import { SigningKey } from './signing-key.entity.js';

export const TOKEN_ALGORITHM = 'EdDSA';

export interface LoadedSigningKey {
  readonly kid: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** A token with an unknown `kid` makes the keys be read again, no more often than this. */
const RELOAD_INTERVAL_MS = 1_000;

@Injectable()
export class SigningKeys {
  private keys: readonly LoadedSigningKey[] = [];
  private loadedAt = -Infinity;
  private loading: Promise<void> | undefined;

  constructor(
    private readonly database: Database,
    private readonly box: SecretBox,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** The key to sign with: the newest; made now where there is none. */
  async current(): Promise<LoadedSigningKey> {
    const [known] = this.keys;
    if (known) return known;
    await this.load();
    const [loaded] = this.keys;
    if (!loaded) throw new Error('no signing key could be loaded');
    return loaded;
  }

  /** The key to verify with; null for a `kid` that is not ours. */
  async find(kid: string): Promise<LoadedSigningKey | null> {
    const known = this.keys.find((key) => key.kid === kid);
    if (known) return known;
    if (this.clock.now() - this.loadedAt >= RELOAD_INTERVAL_MS) await this.load();
    return this.keys.find((key) => key.kid === kid) ?? null;
  }

  private load(): Promise<void> {
    this.loading ??= this.loadOrCreate().finally(() => {
      this.loading = undefined;
    });
    return this.loading;
  }

  private async loadOrCreate(): Promise<void> {
    const askedAt = this.clock.now();
    const stored = await this.database.transaction(async (transaction) => {
      const existing = await findKeys(transaction);
      if (existing.length > 0) return existing;
      await takeIdentityLock('signingKey', transaction);
      const meanwhile = await findKeys(transaction);
      return meanwhile.length > 0 ? meanwhile : [await this.create(transaction)];
    });
    this.keys = stored.map((key) => ({
      kid: key.kid,
      publicKey: createPublicKey(key.publicKey),
      privateKey: createPrivateKey(this.box.open(key.privateKeySealed, purpose(key.kid))),
    }));
    this.loadedAt = askedAt;
  }

  private async create({ manager }: Transaction): Promise<SigningKey> {
    const kid = randomBytes(8).toString('hex');
    const pair = generateKeyPairSync('ed25519', {
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    return manager.getRepository(SigningKey).save({
      kid,
      algorithm: TOKEN_ALGORITHM,
      publicKey: pair.publicKey,
      privateKeySealed: this.box.seal(pair.privateKey, purpose(kid)),
    });
  }
}

function findKeys({ manager }: Transaction): Promise<SigningKey[]> {
  return manager.getRepository(SigningKey).find({ order: { createdAt: 'DESC', kid: 'ASC' } });
}

function purpose(kid: string): string {
  return `signing_keys:${kid}`;
}

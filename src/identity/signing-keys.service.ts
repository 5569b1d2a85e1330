/** The Ed25519 keys that sign tokens, kept sealed in the database, so that replicas agree: which signs, which verify. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '../kernel/clock.js';
import { Database, type Transaction } from '../platform/database/database.js';
import { CLOCK } from '../platform/tokens.js';
import { takeIdentityLock } from './identity-lock.store.js';
import { SecretBox } from './secret-box.js';
import { SigningKeysStore, type StoredSigningKey } from './signing-keys.store.js';

export const TOKEN_ALGORITHM = 'EdDSA';

export interface SigningKeyPair {
  readonly kid: string;
  readonly privateKey: KeyObject;
}

export interface VerificationKey {
  readonly kid: string;
  readonly publicKey: KeyObject;
}

/** A key that was deleted verifies no longer than this in another process. */
const REFRESH_MS = 10_000;
/** A token with an unknown `kid` makes the keys be read again, no more often than this. */
const RELOAD_INTERVAL_MS = 1_000;

@Injectable()
export class SigningKeys {
  private keys: readonly VerificationKey[] = [];
  private loadedAt = -Infinity;
  private loading: Promise<void> | undefined;
  private opened: SigningKeyPair | null = null;

  constructor(
    private readonly database: Database,
    private readonly store: SigningKeysStore,
    private readonly box: SecretBox,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** The key to sign with at this instant; the first one is made now. Throws where `ENCRYPTION_KEY` does not open it. */
  async current(): Promise<SigningKeyPair> {
    const stored = (await this.store.signer()) ?? (await this.first());
    if (this.opened?.kid !== stored.kid)
      this.opened = {
        kid: stored.kid,
        privateKey: createPrivateKey(this.box.open(stored.privateKeySealed, signingKeyPurpose(stored.kid))),
      };
    return this.opened;
  }

  /** The key to verify with; null for a `kid` that is not ours. */
  async find(kid: string): Promise<VerificationKey | null> {
    const known = () => this.keys.find((key) => key.kid === kid) ?? null;
    const age = this.clock.now() - this.loadedAt;
    if (age >= REFRESH_MS || (known() === null && age >= RELOAD_INTERVAL_MS)) await this.load();
    return known();
  }

  /** All that verify, or will, newest first. */
  async published(): Promise<readonly VerificationKey[]> {
    if (this.clock.now() - this.loadedAt >= RELOAD_INTERVAL_MS) await this.load();
    return this.keys;
  }

  /** Makes a new key under the caller's lock, and resolves with its id. */
  async make(transaction: Transaction): Promise<string> {
    const kid = randomBytes(8).toString('hex');
    const pair = generateKeyPairSync('ed25519', {
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    const privateKeySealed = this.box.seal(pair.privateKey, signingKeyPurpose(kid));
    await this.store.add({ kid, algorithm: TOKEN_ALGORITHM, publicKey: pair.publicKey, privateKeySealed }, transaction);
    return kid;
  }

  private load(): Promise<void> {
    this.loading ??= this.read().finally(() => {
      this.loading = undefined;
    });
    return this.loading;
  }

  private async read(): Promise<void> {
    const askedAt = this.clock.now();
    const stored = await this.store.all();
    this.keys = stored.map(({ kid, publicKey }) => ({ kid, publicKey: createPublicKey(publicKey) }));
    this.loadedAt = askedAt;
  }

  private first(): Promise<StoredSigningKey> {
    return this.database.transaction(async (transaction) => {
      await takeIdentityLock('signingKey', transaction);
      const meanwhile = await this.store.signer(transaction);
      if (meanwhile) return meanwhile;
      await this.make(transaction);
      const made = await this.store.signer(transaction);
      if (!made) throw new Error('no signing key could be made');
      return made;
    });
  }
}

/** Binds a signing key's sealed half to its row. */
export function signingKeyPurpose(kid: string): string {
  return `signing_keys:${kid}`;
}

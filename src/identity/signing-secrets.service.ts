/** Finds the secret of an access key, permanent or temporary, with whom it stands for and what speaks against it. */
import { createSecretKey, type KeyObject } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '../kernel/clock.js';
import { CLOCK } from '../platform/tokens.js';
import { accessKeyPurpose } from './access-key.entity.js';
import type { SignedClaims } from './core/signature-rules.js';
import { ExpiringCache } from './expiring-cache.js';
import { SecretBox } from './secret-box.js';
import { type Signer, SignersStore } from './signers.store.js';
import { TemporaryKeys } from './temporary-keys.service.js';

export interface SignerOf {
  readonly secret: KeyObject;
  readonly signer: Signer;
  readonly temporary: boolean;
  /** Why its signatures do not count, in words fit for a trace; null where they do. */
  readonly refusal: string | null;
}

/** By sealed value: a secret that changed is another. */
const OPENED = { ttlMs: 3_600_000, maxEntries: 2_000 };

@Injectable()
export class SigningSecrets {
  private readonly opened: ExpiringCache<KeyObject>;

  constructor(
    private readonly store: SignersStore,
    private readonly box: SecretBox,
    private readonly temporary: TemporaryKeys,
    @Inject(CLOCK) clock: Clock,
  ) {
    this.opened = new ExpiringCache(OPENED, clock);
  }

  /** Null where there is none of that name: a permanent key is sent without a security token, a temporary one with its own. */
  find(accessKey: string, { projectId, securityToken }: SignedClaims): Promise<SignerOf | null> {
    return securityToken === null
      ? this.permanentKey(accessKey, projectId)
      : this.temporaryKey(accessKey, projectId, securityToken);
  }

  /** The secret of a permanent key; kept in memory for a while. */
  open(accessKey: string, sealed: Buffer): Promise<KeyObject> {
    return this.opened.get(`${accessKey} ${sealed.toString('base64')}`, async () =>
      createSecretKey(Buffer.from(this.box.open(sealed, accessKeyPurpose(accessKey)))),
    );
  }

  private async permanentKey(accessKey: string, projectId: string | null): Promise<SignerOf | null> {
    const holder = await this.store.byKey(accessKey, projectId);
    if (holder === null) return null;
    const { secretSealed, keyEnabled } = holder;
    return {
      secret: await this.open(accessKey, secretSealed),
      signer: holder,
      temporary: false,
      refusal: keyEnabled ? refusalOf(holder) : 'the access key is disabled',
    };
  }

  private async temporaryKey(
    accessKey: string,
    wantedProject: string | null,
    securityToken: string,
  ): Promise<SignerOf | null> {
    const key = this.temporary.open(securityToken);
    if (key?.accessKey !== accessKey) return null;
    const { domainId, userId, projectId } = key;
    // The key of a project is of no other: it was given for a token of that scope.
    const reachable = wantedProject === null || projectId === null || wantedProject === projectId;
    const holder = await this.store.bySession({
      accessKey,
      domainId,
      userId,
      projectId: reachable ? (wantedProject ?? projectId) : null,
    });
    if (holder === null) return null;
    // Without its project it would be one of the whole domain.
    const unscoped = wantedProject === null && projectId !== null && holder.projectId === null;
    const outdated = unscoped || holder.revoked || key.issuedAt < holder.user.tokensValidFrom;
    return {
      secret: createSecretKey(Buffer.from(key.secret)),
      signer: holder,
      temporary: true,
      refusal: outdated ? 'the temporary access key is no longer valid' : refusalOf(holder),
    };
  }
}

function refusalOf({ user, isProgrammatic }: Signer): string | null {
  if (!user.enabled) return 'the user or its domain is disabled';
  return isProgrammatic ? null : 'the user is to sign in at the console only';
}

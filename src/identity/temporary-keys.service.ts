/**
 * Temporary access keys. Nothing of them is stored: the security token that is sent with every request holds all, sealed.
 * They end with their time, with the user, and with whatever makes the user's tokens invalid.
 */
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import type { Clock } from '../kernel/clock.js';
import { CLOCK } from '../platform/tokens.js';
import { newSecretKey, newTemporaryAccessKey } from './identifiers.js';
import { SecretBox } from './secret-box.js';

export interface TemporaryKeyHolder {
  readonly domainId: string;
  readonly userId: string;
  /** The scope of its requests, unless they name another; null: the domain. */
  readonly projectId: string | null;
}

/** Instants are epoch ms, `issuedAt` a whole second. */
export interface TemporaryKey extends TemporaryKeyHolder {
  readonly accessKey: string;
  readonly secret: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

const PURPOSE = 'security token';
const sealedSchema = z.object({
  accessKey: z.string(),
  secret: z.string(),
  domainId: z.string(),
  userId: z.string(),
  projectId: z.string().nullable(),
  issuedAt: z.number(),
  expiresAt: z.number(),
}) satisfies z.ZodType<TemporaryKey>;

@Injectable()
export class TemporaryKeys {
  constructor(
    private readonly box: SecretBox,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  issue(holder: TemporaryKeyHolder, durationSeconds: number): { key: TemporaryKey; securityToken: string } {
    const { domainId, userId, projectId } = holder;
    // As tokens: whole seconds, so that a key of the second in which a password changes counts as older.
    const issuedAt = Math.floor(this.clock.now() / 1_000) * 1_000;
    const key: TemporaryKey = {
      accessKey: newTemporaryAccessKey(),
      secret: newSecretKey(),
      domainId,
      userId,
      projectId,
      issuedAt,
      expiresAt: issuedAt + durationSeconds * 1_000,
    };
    return { key, securityToken: this.box.seal(JSON.stringify(key), PURPOSE).toString('base64url') };
  }

  /** Null where it is not one of ours, was changed, or has expired. */
  open(securityToken: string): TemporaryKey | null {
    const key = this.unseal(securityToken);
    return key !== null && key.expiresAt > this.clock.now() ? key : null;
  }

  private unseal(securityToken: string): TemporaryKey | null {
    const sealed = Buffer.from(securityToken, 'base64url');
    if (sealed.toString('base64url') !== securityToken) return null;
    try {
      return sealedSchema.parse(JSON.parse(this.box.open(sealed, PURPOSE)));
    } catch {
      // Sealed by nobody, or under an encryption key of before: to the caller all the same.
      return null;
    }
  }
}

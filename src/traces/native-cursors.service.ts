/**
 * Makes and reads the cursors of the trace API: signed and bound to caller, domain, filters and order as all are, and sealed
 * besides, since the sequence numbers in a change cursor count what all domains store.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { CursorScope, JsonValue } from '../kernel/cursor.js';
import { AppError } from '../kernel/errors.js';
import type { Principal } from '../kernel/principal.js';
import { cursorScope, CursorSigner } from '../platform/http/cursor-signer.js';
import { ENCRYPTION_KEY_TOKEN } from '../platform/tokens.js';

export interface CursorUse {
  /** Meaning of the payload, with a number that changes when the payload does. */
  readonly version: string;
  readonly principal: Pick<Principal, 'domainId' | 'userId'>;
  /** Whose traces are read. */
  readonly domainId: string;
  /** Filters and order in a canonical form. */
  readonly filters: string;
}

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const ALGORITHM = 'aes-256-gcm';

@Injectable()
export class NativeCursors {
  private readonly key: Buffer;

  constructor(
    private readonly signer: CursorSigner,
    @Inject(ENCRYPTION_KEY_TOKEN) encryptionKey: Buffer,
  ) {
    this.key = Buffer.from(hkdfSync('sha256', encryptionKey, '', 'quaestor trace cursors', KEY_BYTES));
  }

  write(payload: JsonValue, use: CursorUse): string {
    return this.signer.encode(this.seal(JSON.stringify(payload)), scopeOf(use));
  }

  /**
   * @param name the parameter that holds it
   * @throws AppError QST.BadCursor for a changed, foreign or outdated one, and one of other filters
   */
  read(text: string, use: CursorUse, name: string): JsonValue {
    const opened = this.open(this.signed(text, use, name));
    if (opened === null) throw badCursor(name, 'is not a cursor of this service');
    return opened;
  }

  private signed(text: string, use: CursorUse, name: string): JsonValue {
    try {
      return this.signer.decode(text, scopeOf(use));
    } catch (error) {
      throw error instanceof AppError ? badCursor(name, error.problems[0]?.message ?? error.message) : error;
    }
  }

  private seal(text: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.key, nonce);
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url');
  }

  private open(sealed: JsonValue): JsonValue | null {
    if (typeof sealed !== 'string') return null;
    const bytes = Buffer.from(sealed, 'base64url');
    try {
      const decipher = createDecipheriv(ALGORITHM, this.key, bytes.subarray(0, NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      }).setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
      const opened = decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES));
      return JSON.parse(Buffer.concat([opened, decipher.final()]).toString('utf8')) as JsonValue;
    } catch {
      return null;
    }
  }
}

export function badCursor(name: string, message: string): AppError {
  return new AppError('QST.BadCursor', 'The cursor cannot be used', { problems: [{ path: `query.${name}`, message }] });
}

function scopeOf({ version, principal, domainId, filters }: CursorUse): CursorScope {
  return cursorScope(version, principal, { domainId, filters });
}

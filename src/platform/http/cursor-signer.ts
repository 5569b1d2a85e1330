/** Signs page cursors with a key of the installation, so that every replica reads what another one wrote (`kernel/cursor.ts`). */
import { createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { type CursorFault, type CursorScope, decodeCursor, encodeCursor, type JsonValue } from '../../kernel/cursor.js';
import { AppError } from '../../kernel/errors.js';
import type { Principal } from '../../kernel/principal.js';
import { ENCRYPTION_KEY_TOKEN } from '../tokens.js';

const SAID: Readonly<Record<CursorFault, string>> = {
  malformed: 'is not a cursor',
  forged: 'is not a cursor of this service',
  outdated: 'is of an earlier release; begin again without it',
  foreign: 'was made for another caller',
  other_filters: 'was made for other filters; repeat them unchanged, or begin again without it',
};

@Injectable()
export class CursorSigner {
  private readonly key: Buffer;

  constructor(@Inject(ENCRYPTION_KEY_TOKEN) encryptionKey: Buffer) {
    // A key of its own, so that a signature tells nothing of what the installation's key encrypts.
    this.key = Buffer.from(hkdfSync('sha256', encryptionKey, '', 'quaestor page cursors', 32));
  }

  encode(payload: JsonValue, scope: CursorScope): string {
    return encodeCursor(payload, scope, (data) => this.signatureOf(data));
  }

  /** Throws `QST.BadCursor`, saying what is wrong with it, for anything but a cursor of this very scope. */
  decode(text: string, scope: CursorScope): JsonValue {
    const result = decodeCursor(text, scope, (data, signature) => {
      // As text: the last character holds bits that decoding drops, and a changed cursor is none of ours.
      const [given, own] = [Buffer.from(signature), Buffer.from(this.signatureOf(data))];
      return given.length === own.length && timingSafeEqual(given, own);
    });
    if (result.ok) return result.payload;
    throw badCursor(SAID[result.fault]);
  }

  private signatureOf(data: string): string {
    return createHmac('sha256', this.key).update(data).digest('base64url');
  }
}

export function badCursor(message: string): AppError {
  return new AppError('QST.BadCursor', 'The cursor cannot be used', { problems: [{ path: 'query.cursor', message }] });
}

/**
 * The scope of a list: whose cursor it is, and the filters it was made for.
 *
 * @param filters members whose value is undefined count as absent; their order does not matter
 */
export function cursorScope(
  version: string,
  { domainId, userId }: Pick<Principal, 'domainId' | 'userId'>,
  filters: Readonly<Record<string, unknown>>,
): CursorScope {
  const given = Object.entries(filters).filter(([, value]) => value !== undefined);
  const canonical = JSON.stringify(given.sort(([left], [right]) => (left < right ? -1 : 1)));
  return {
    version,
    binding: `${domainId}/${userId}`,
    filtersHash: createHash('sha256').update(canonical).digest('base64url'),
  };
}

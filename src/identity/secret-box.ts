/** Seals what must be readable again (access-key secrets, signing keys) with AES-256-GCM under `ENCRYPTION_KEY`. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { ENCRYPTION_KEY_TOKEN } from '../platform/tokens.js';

const ALGORITHM = 'aes-256-gcm';
/** First byte of a sealed value, so that another scheme can follow. */
const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

@Injectable()
export class SecretBox {
  constructor(@Inject(ENCRYPTION_KEY_TOKEN) private readonly key: Buffer) {
    if (key.length !== KEY_BYTES) throw new RangeError('the encryption key must have 32 bytes');
  }

  /** Version, nonce, tag, ciphertext. `purpose` (table and key of the row) binds the value to its place. */
  seal(secret: string, purpose: string): Buffer {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.key, nonce).setAAD(Buffer.from(purpose));
    const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
    return Buffer.concat([Buffer.of(VERSION), nonce, cipher.getAuthTag(), sealed]);
  }

  /** Throws where the value was sealed under another key, for another purpose, or was changed. */
  open(value: Buffer, purpose: string): string {
    if (value.length < 1 + NONCE_BYTES + TAG_BYTES || value[0] !== VERSION)
      throw new Error(`${purpose} holds no sealed value of a known version`);
    const nonce = value.subarray(1, 1 + NONCE_BYTES);
    const tag = value.subarray(1 + NONCE_BYTES, 1 + NONCE_BYTES + TAG_BYTES);
    const decipher = createDecipheriv(ALGORITHM, this.key, nonce, { authTagLength: TAG_BYTES })
      .setAAD(Buffer.from(purpose))
      .setAuthTag(tag);
    try {
      const opened = decipher.update(value.subarray(1 + NONCE_BYTES + TAG_BYTES));
      return Buffer.concat([opened, decipher.final()]).toString('utf8');
    } catch (cause) {
      throw new Error(`${purpose} cannot be opened: ENCRYPTION_KEY is not the one it was sealed with`, { cause });
    }
  }
}

/** Makes the ids and secrets that the caller did not bring, in the forms of the cloud's own. */
import { randomBytes, randomInt } from 'node:crypto';

const ACCESS_KEY_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
const SECRET_ALPHABET = `${ACCESS_KEY_ALPHABET}abcdefghijklmnopqrstuvwxyz`;
const ACCESS_KEY_LENGTH = 20;
const TEMPORARY_PART_LENGTH = 21;
const SECRET_KEY_LENGTH = 40;

/** 32 hex digits. */
export const newId = (): string => randomBytes(16).toString('hex');

export const newAccessKey = (): string => pick(ACCESS_KEY_ALPHABET, ACCESS_KEY_LENGTH);

/** Longer than a permanent one, so that the two cannot meet. */
export const newTemporaryAccessKey = (): string => `HST${pick(ACCESS_KEY_ALPHABET, TEMPORARY_PART_LENGTH)}`;

export const newSecretKey = (): string => pick(SECRET_ALPHABET, SECRET_KEY_LENGTH);

/** 144 bits, in characters that need no quoting anywhere. */
export const newPassword = (): string => randomBytes(18).toString('base64url');

function pick(alphabet: string, length: number): string {
  return Array.from({ length }, () => alphabet.charAt(randomInt(alphabet.length))).join('');
}

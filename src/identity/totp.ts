/** One-time codes by time (RFC 6238 over RFC 4226): SHA-1, 30 s, 6 digits, as authenticator apps take for granted. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const STEP_MS = 30_000;
const DIGITS = 6;
/** 160 bits, as RFC 4226 §4 recommends. */
const SEED_BYTES = 20;
/** Steps by which a phone's clock may be off, either way. */
const TOLERANCE = 1;
/** RFC 4648 §6. */
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Base32, without padding. */
export function newSeed(): string {
  return encodeBase32(randomBytes(SEED_BYTES));
}

export function stepAt(epochMs: number): number {
  return Math.floor(epochMs / STEP_MS);
}

/** @param seed in Base32 */
export function codeAt(seed: string, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', decodeBase32(seed)).update(counter).digest();
  // RFC 4226 §5.3: the last four bits say where the 31 bits stand.
  const offset = (mac.at(-1) ?? 0) & 0x0f;
  const number = mac.readUInt32BE(offset) & 0x7fff_ffff;
  return String(number % 10 ** DIGITS).padStart(DIGITS, '0');
}

/**
 * The step within the tolerance whose code was given, null where there is none. Whether it was used before is for the
 * caller to find out, who knows the last one: ask only for later ones.
 *
 * @param after steps up to this one are not looked at
 */
export function matchingStep(seed: string, code: string, epochMs: number, after: number): number | null {
  const now = stepAt(epochMs);
  for (let step = Math.max(now - TOLERANCE, after + 1); step <= now + TOLERANCE; step++)
    if (isSame(codeAt(seed, step), code)) return step;
  return null;
}

function isSame(expected: string, given: string): boolean {
  const [left, right] = [Buffer.from(expected), Buffer.from(given)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function encodeBase32(bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const groups = bits.match(/.{1,5}/g) ?? [];
  return groups.map((group) => BASE32.charAt(Number.parseInt(group.padEnd(5, '0'), 2))).join('');
}

function decodeBase32(text: string): Buffer {
  const bits = Array.from(text, (character) => BASE32.indexOf(character).toString(2).padStart(5, '0')).join('');
  const bytes = bits.match(/.{8}/g) ?? [];
  return Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2)));
}

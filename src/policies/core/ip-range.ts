/** IPv4 and IPv6 addresses and CIDR ranges, as 16-bit words. */
import { undocumentedChoices } from './undocumented-choices.js';

export type Family = 4 | 6;

export interface IpRange {
  readonly family: Family;
  readonly words: Uint16Array;
  /** Length of the prefix, 0..32 or 0..128. */
  readonly bits: number;
}

const V6_WORDS = 8;
const V4_WORDS = 2;
const MAPPED_PREFIX = 0xffff;

/** Fills the first two or all eight words; 0 where `text` is no address. Zones (`%eth0`) and leading zeros in IPv4 are refused. */
export function parseAddress(text: string, words: Uint16Array): Family | 0 {
  if (!text.includes(':')) return parseV4(text, 0, words, 0) ? 4 : 0;
  if (!parseV6(text, words)) return 0;
  return undocumentedChoices.mappedAddressIsIpv4 && unmap(words) ? 4 : 6;
}

/** An address, or an address with `/bits`; bits beyond the prefix need not be zero. */
export function parseRange(text: string): IpRange | null {
  const slash = text.indexOf('/');
  const words = new Uint16Array(V6_WORDS);
  const family = parseAddress(slash < 0 ? text : text.slice(0, slash), words);
  if (family === 0) return null;
  const most = family === 4 ? 32 : 128;
  const bits = slash < 0 ? most : decimal(text, slash + 1, text.length);
  return bits >= 0 && bits <= most ? { family, words, bits } : null;
}

export function contains({ family, words, bits }: IpRange, addressFamily: Family, address: Uint16Array): boolean {
  if (family !== addressFamily) return false;
  let left = bits;
  for (let index = 0; left > 0; index++, left -= 16) {
    const ignored = left >= 16 ? 0 : 16 - left;
    if ((words[index] ?? 0) >> ignored !== (address[index] ?? 0) >> ignored) return false;
  }
  return true;
}

/** `::ffff:a.b.c.d` becomes `a.b.c.d` in the first two words. */
function unmap(words: Uint16Array): boolean {
  for (let index = 0; index < 5; index++) if (words[index] !== 0) return false;
  if (words[5] !== MAPPED_PREFIX) return false;
  words[0] = words[6] ?? 0;
  words[1] = words[7] ?? 0;
  return true;
}

function parseV4(text: string, from: number, words: Uint16Array, at: number): boolean {
  let start = from;
  for (let part = 0; part < 4; part++) {
    const dot = part === 3 ? text.length : text.indexOf('.', start);
    const value = dot < 0 ? -1 : decimal(text, start, dot);
    if (value < 0 || value > 255) return false;
    const word = at + (part >> 1);
    words[word] = (part & 1) === 0 ? value << 8 : (words[word] ?? 0) | value;
    start = dot + 1;
  }
  return true;
}

/** Up to three digits without a leading zero; -1 for anything else. */
function decimal(text: string, from: number, to: number): number {
  if (to <= from || to - from > 3 || (to - from > 1 && text[from] === '0')) return -1;
  let value = 0;
  for (let at = from; at < to; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

function parseV6(text: string, words: Uint16Array): boolean {
  words.fill(0);
  let count = 0;
  let gap = -1;
  let at = 0;
  if (text.startsWith('::')) [gap, at] = [0, 2];
  while (at < text.length) {
    const colon = text.indexOf(':', at);
    const end = colon < 0 ? text.length : colon;
    if (colon < 0 && text.includes('.', at)) {
      if (count + V4_WORDS > V6_WORDS || !parseV4(text, at, words, count)) return false;
      count += V4_WORDS;
      break;
    }
    const value = hexadecimal(text, at, end);
    if (value < 0 || count === V6_WORDS) return false;
    words[count++] = value;
    if (colon < 0) break;
    at = colon + 1;
    if (text[at] === ':') {
      if (gap >= 0) return false;
      gap = count;
      at++;
    } else if (at === text.length) return false;
  }
  return gap < 0 ? count === V6_WORDS : spread(words, count, gap);
}

/** Moves what stood behind `::` to the end. */
function spread(words: Uint16Array, count: number, gap: number): boolean {
  if (count >= V6_WORDS) return false;
  const moved = count - gap;
  words.copyWithin(V6_WORDS - moved, gap, count);
  words.fill(0, gap, V6_WORDS - moved);
  return true;
}

function hexadecimal(text: string, from: number, to: number): number {
  if (to <= from || to - from > 4) return -1;
  let value = 0;
  for (let at = from; at < to; at++) {
    const digit = hexadecimalDigit(text.charCodeAt(at));
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

function hexadecimalDigit(unit: number): number {
  if (unit >= 48 && unit <= 57) return unit - 48;
  const lower = unit | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

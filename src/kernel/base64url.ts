/** Base64url (RFC 4648 §5, no padding) of UTF-8 text, without Node: the kernel is plain TypeScript. */

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const VALUES = new Map(Array.from(ALPHABET, (char, value) => [char, value]));

/** Throws URIError where `text` is not well-formed. */
export function encodeBase64Url(text: string): string {
  let encoded = '';
  let bits = 0;
  let count = 0;
  for (const byte of utf8Bytes(text)) {
    bits = ((bits << 8) | byte) & 0xffff;
    for (count += 8; count >= 6; count -= 6) encoded += digit(bits >> (count - 6));
  }
  return count > 0 ? encoded + digit(bits << (6 - count)) : encoded;
}

/** Null where `encoded` is not base64url of UTF-8. */
export function decodeBase64Url(encoded: string): string | null {
  let escaped = '';
  let bits = 0;
  let count = 0;
  for (const char of encoded) {
    const value = VALUES.get(char);
    if (value === undefined) return null;
    bits = ((bits << 6) | value) & 0xffff;
    count += 6;
    if (count >= 8) {
      count -= 8;
      escaped += `%${((bits >> count) & 255).toString(16).padStart(2, '0')}`;
    }
  }
  try {
    return decodeURIComponent(escaped);
  } catch {
    return null;
  }
}

/** The character of the six lowest bits. */
function digit(bits: number): string {
  return ALPHABET.charAt(bits & 63);
}

/** encodeURIComponent is the one UTF-8 encoder that the language itself has. */
function utf8Bytes(text: string): number[] {
  const bytes: number[] = [];
  const escaped = encodeURIComponent(text);
  for (let at = 0; at < escaped.length; at++) {
    if (escaped[at] === '%') {
      bytes.push(parseInt(escaped.slice(at + 1, at + 3), 16));
      at += 2;
    } else bytes.push(escaped.charCodeAt(at));
  }
  return bytes;
}

/** How deep a JSON text nests, told before it is read: what works through nested values calls itself once for each level. */
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);

/**
 * Whether lists and objects stand more than `limit` deep in one another. Of a text that is no JSON it tells something, too,
 * and never throws. No byte of a longer UTF-8 sequence is taken for one of these characters.
 */
export function nestsDeeper(text: Uint8Array, limit: number): boolean {
  let depth = 0;
  let quoted = false;
  for (let index = 0; index < text.length; index++) {
    const byte = text[index] ?? 0;
    if (quoted) {
      if (byte === BACKSLASH) index++;
      else if (byte === QUOTE) quoted = false;
    } else if (byte === QUOTE) quoted = true;
    else if (OPENING.has(byte)) {
      if (++depth > limit) return true;
    } else if (CLOSING.has(byte)) depth--;
  }
  return false;
}

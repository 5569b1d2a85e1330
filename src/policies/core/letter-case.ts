/** Comparison without case, character by character, so that nothing is allocated and lengths never change. */

const [UPPER_A, UPPER_Z, TO_LOWER, FIRST_NON_ASCII] = [65, 90, 32, 128];

/** The lower-case form of one UTF-16 code unit, where that is one unit again. */
export function foldUnit(unit: number): number {
  if (unit < FIRST_NON_ASCII) return unit >= UPPER_A && unit <= UPPER_Z ? unit + TO_LOWER : unit;
  const lower = String.fromCharCode(unit).toLowerCase();
  return lower.length === 1 ? lower.charCodeAt(0) : unit;
}

export function foldCase(text: string): string {
  let isAscii = true;
  for (let at = 0; at < text.length && isAscii; at++) isAscii = text.charCodeAt(at) < FIRST_NON_ASCII;
  if (isAscii) return text.toLowerCase();
  let folded = '';
  for (let at = 0; at < text.length; at++) folded += String.fromCharCode(foldUnit(text.charCodeAt(at)));
  return folded;
}

/** Whether `folded` stands in `text` at `from` when case does not count. `folded` has been through {@link foldCase}. */
export function foldedAt(text: string, folded: string, from: number): boolean {
  if (from + folded.length > text.length) return false;
  for (let at = 0; at < folded.length; at++)
    if (foldUnit(text.charCodeAt(from + at)) !== folded.charCodeAt(at)) return false;
  return true;
}

export function equalsFolded(text: string, folded: string): boolean {
  return text.length === folded.length && foldedAt(text, folded, 0);
}

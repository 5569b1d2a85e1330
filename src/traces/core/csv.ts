/** CSV as RFC 4180 has it, with cells that no spreadsheet takes for a formula. */

/** A spreadsheet runs cells that begin so (OWASP "CSV injection"); the apostrophe makes it show them as text. */
const FORMULA_START = new Set(['=', '+', '-', '@', '\t', '\r']);
const MUST_QUOTE = /[",\r\n]/;

/** One record with its line end, CRLF. */
export function csvRecord(cells: readonly string[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

export function csvCell(text: string): string {
  const safe = FORMULA_START.has(text.charAt(0)) ? `'${text}` : text;
  return MUST_QUOTE.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

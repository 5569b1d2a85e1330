/** Text for a terminal: colours where there is one, tables whose columns line up, bars that compare. */

export interface Style {
  readonly red: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly bold: (text: string) => string;
}

const ESCAPE = '\u001b[';
const paint =
  (code: number, on: boolean) =>
  (text: string): string =>
    on ? `${ESCAPE}${String(code)}m${text}${ESCAPE}0m` : text;

export function styleFor(coloured: boolean): Style {
  return { red: paint(31, coloured), yellow: paint(33, coloured), dim: paint(2, coloured), bold: paint(1, coloured) };
}

/** A cell's text, and how it is shown; widths are counted on the text. */
export interface Cell {
  readonly text: string;
  readonly show?: (text: string) => string;
}

/**
 * Columns padded to their widest cell, two blanks between them.
 *
 * What comes from a sender is shown without control characters: a trace must not be able to write to the terminal.
 */
export function table(rows: readonly (readonly Cell[])[]): string[] {
  const cleaned = rows.map((row) => row.map(({ text, show }) => ({ text: printable(text), show })));
  const columns = Math.max(0, ...cleaned.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...cleaned.map((row) => row[column]?.text.length ?? 0)),
  );
  return cleaned.map((row) =>
    row
      .map(({ text, show = (same: string) => same }, column) => {
        const last = column === row.length - 1;
        return show(text) + (last ? '' : ' '.repeat((widths[column] ?? 0) - text.length));
      })
      .join('  '),
  );
}

const BLOCKS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** A bar of up to `width` characters for `value` of at most `most`, in eighths; anything above zero is visible. */
export function bar(value: number, most: number, width: number): string {
  if (value <= 0 || most <= 0) return '';
  const eighths = Math.max(1, Math.round((value / most) * width * 8));
  return '█'.repeat(Math.floor(eighths / 8)) + (BLOCKS[eighths % 8] ?? '');
}

export function printable(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '\ufffd');
}

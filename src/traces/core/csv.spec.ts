import fc from 'fast-check';
import { csvCell, csvRecord } from './csv.js';

describe('a cell', () => {
  it.each([
    ['plain', 'plain'],
    ['a,b', '"a,b"'],
    ['say "x"', '"say ""x"""'],
    ['two\nlines', '"two\nlines"'],
    ['=1+1', "'=1+1"],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@SUM', "'@SUM"],
    ['\tx', "'\tx"],
    ['\rx', '"\'\rx"'],
    ['=a,b', '"\'=a,b"'],
    ['', ''],
  ])('%j', (text, cell) => {
    expect(csvCell(text)).toBe(cell);
  });
});

/** Reads one record as RFC 4180 writes it. */
function parse(record: string): string[] {
  const cells: string[] = [];
  for (let at = 0; at < record.length;) {
    let cell = '';
    if (record[at] === '"') {
      for (at++; record[at] !== '"' || record[at + 1] === '"'; at++) {
        if (record[at] === '"') at++;
        cell += record[at] ?? '';
      }
      at++;
    } else while (record[at] !== ',' && record[at] !== '\r') cell += record[at++] ?? '';
    cells.push(cell);
    at += record[at] === '\r' ? 2 : 1;
  }
  return cells;
}

it('a record gives back its cells, with an apostrophe before what would be a formula', () => {
  const cell = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', '=', '-', '\t', 'é') });
  fc.assert(
    fc.property(fc.array(cell, { minLength: 1 }), (cells) => {
      const record = csvRecord(cells);
      expect(record.endsWith('\r\n')).toBe(true);
      // An empty last cell ends with the record.
      const read = parse(record);
      const expected = cells.map((text) => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text));
      expect(read).toEqual(expected);
    }),
  );
});

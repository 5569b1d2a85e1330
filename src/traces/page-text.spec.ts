import fc from 'fast-check';
import { PageText } from './page-text.js';

describe('the text of a page', () => {
  it('comes out as it went in, in pieces, page after page', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.string({ unit: 'grapheme', maxLength: 40 }), { maxLength: 30 })), (pages) => {
        const text = new PageText(16);
        for (const lines of pages) {
          text.clear();
          for (const line of lines) text.add(line);
          expect(Buffer.concat([...text.pieces()]).toString()).toBe(lines.join(''));
          expect(text.bytes).toBe(Buffer.byteLength(lines.join('')));
        }
      }),
    );
  });

  it('gives pieces that outlive the page, none longer than 16 KiB', () => {
    const text = new PageText(8);
    text.add('a'.repeat(40_000));
    const pieces = [...text.pieces()];
    text.clear();
    text.add('b'.repeat(40_000));
    expect(pieces.map((piece) => piece.length)).toEqual([16_384, 16_384, 7_232]);
    expect(pieces.map(String).join('')).toBe('a'.repeat(40_000));
  });
});

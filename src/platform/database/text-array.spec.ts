import fc from 'fast-check';
import { integerArray, textArray } from './text-array.js';

/** Reads an array literal in which every element is quoted, as Postgres does. */
function read(literal: string): string[] {
  const texts: string[] = [];
  for (const [, inner = ''] of literal.matchAll(/"((?:[^"\\]|\\.)*)"/gs)) texts.push(inner.replace(/\\(.)/gs, '$1'));
  return texts;
}

describe('textArray', () => {
  it.each([
    [[], '{}'],
    [['a'], '{"a"}'],
    [['', 'NULL', '{}'], '{"","NULL","{}"}'],
    [['a"b', 'c\\d'], '{"a\\"b","c\\\\d"}'],
  ])('writes %j as %s', (texts, literal) => {
    expect(textArray(texts, (text) => text)).toBe(literal);
  });

  it('can be read back, whatever the texts', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), (texts) => {
        expect(read(textArray(texts, (text) => text))).toEqual(texts);
      }),
    );
  });
});

it('integerArray writes an integer of each item', () => {
  const digits = (text: string): number => text.length;
  expect(integerArray<string>([], digits)).toBe('{}');
  expect(integerArray(['a', '', 'abc'], digits)).toBe('{1,0,3}');
});

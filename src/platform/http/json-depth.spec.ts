import { nestsDeeper } from './json-depth.js';

const deeper = (text: string, limit: number) => nestsDeeper(Buffer.from(text), limit);

describe('the depth of a JSON text', () => {
  it.each([
    ['', 0],
    ['1', 0],
    ['"[[[[{{{{"', 0],
    [String.raw`"\"[[\\\"{{"`, 0],
    ['[]', 1],
    ['[1,[],{"a":[]},[]]', 3],
    ['{"[":{"]":"}"}}', 2],
    ['["ä中😀",[["\\u005b"]]]', 3],
  ])('of %s is %s', (text, depth) => {
    expect([deeper(text, depth - 1), deeper(text, depth)]).toEqual([depth > 0, false]);
  });

  it.each(['[[', ']]]', '"[[', '"\\'])('is told of %s, which is none, too', (text) => {
    expect(deeper(text, 2)).toBe(false);
  });
});

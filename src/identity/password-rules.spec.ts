import * as fc from 'fast-check';
import { passwordProblems } from './password-rules.js';

const LENGTH = /characters$/;
const NAME = 'name of the user';
const COMMON = /commonest/;

describe('passwordProblems', () => {
  it.each<[string, string, string, (RegExp | string)[]]>([
    ['a good one', 'correct horse battery', 'root', []],
    ['8 characters', 'x7#kQ!p2', 'root', []],
    ['7 characters', 'x7#kQ!p', 'root', [LENGTH]],
    ['128 characters', 'ab'.repeat(64), 'root', []],
    ['129 characters', `${'ab'.repeat(64)}c`, 'root', [LENGTH]],
    ['8 emoji', '🦊🐢🦉🐝🦄🐙🦋🐬', 'root', []],
    ['7 emoji', '🦊🐢🦉🐝🦄🐙🦋', 'root', [LENGTH]],
    ['a common one', 'iloveyou', 'root', [COMMON]],
    ['a common one in other case', 'PassWord1', 'root', [COMMON]],
    ['a common one in wide letters', 'ｐａｓｓｗｏｒｄ', 'root', [COMMON]],
    ['the name', 'Administrator-7', 'administrator-7', [NAME]],
    ['the name reversed', '7-rotartsinimda', 'Administrator-7', [NAME]],
    ['all at once', 'toor', 'root', [LENGTH, NAME]],
  ])('judges %s', (_, password, userName, expected) => {
    const problems = passwordProblems(password, { userName });
    expect(problems).toHaveLength(expected.length);
    expected.forEach((pattern, index) => expect(problems[index]).toMatch(pattern));
  });

  it('never takes a name for a password, whichever way it is written', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 64 }), (userName) => {
        const reversed = Array.from(userName).reverse().join('');
        for (const password of [userName, reversed, userName.toUpperCase()])
          expect(passwordProblems(password, { userName }).some((problem) => problem.includes(NAME))).toBe(true);
      }),
    );
  });
});

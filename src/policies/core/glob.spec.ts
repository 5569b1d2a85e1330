import fc from 'fast-check';
import { compileGlob, matchesGlob } from './glob.js';
import { parseTemplate } from './template.js';

const globOf = (pattern: string, ignoresCase = false) =>
  compileGlob(parseTemplate(pattern, { star: true, any: true, variables: false }) ?? [], ignoresCase);

describe('a glob', () => {
  it('matches what a regular expression of the same meaning matches', () => {
    const letters = (more: string[]) => fc.array(fc.constantFrom('a', 'b', 'A', '.', ...more), { maxLength: 9 });
    const pattern = letters(['*', '*', '?']).map((parts) => parts.join(''));
    fc.assert(
      fc.property(pattern, letters(['\n', '*']).map((parts) => parts.join('')), fc.boolean(), (wanted, text, ignoresCase) => {
        const source = wanted.replaceAll('.', '\\.').replaceAll('?', '[^]').replaceAll('*', '[^]*');
        const expected = new RegExp(`^${source}$`, ignoresCase ? 'i' : '').test(text);
        expect(matchesGlob(globOf(wanted, ignoresCase), text)).toBe(expected);
        expect(matchesGlob(globOf(wanted, ignoresCase), `x${text}x`, 1, text.length + 1)).toBe(expected);
      }),
      { numRuns: 5_000 },
    ); // prettier-ignore
  });

  it('takes time in proportion to text and pattern where a backtracking matcher would take for ever', () => {
    const text = 'a'.repeat(20_000);
    const startedAt = performance.now();
    expect(matchesGlob(globOf(`${'*a'.repeat(15)}*b`), text)).toBe(false);
    expect(matchesGlob(globOf(`${'*a?'.repeat(15)}b`, true), text)).toBe(false);
    expect(performance.now() - startedAt).toBeLessThan(500);
  });
});

import { bar, printable, styleFor, table } from './terminal.js';

describe('table', () => {
  it('lines up its columns by what is seen, not by the escapes', () => {
    const { red } = styleFor(true);
    const lines = table([
      [{ text: 'a' }, { text: 'warning', show: red }, { text: 'x' }],
      [{ text: 'bbb' }, { text: 'ok' }, { text: 'y' }],
    ]);
    expect(lines).toEqual(['a    \u001b[31mwarning\u001b[0m  x', 'bbb  ok       y']);
  });

  it('lets nothing from a trace reach the terminal as a command', () => {
    expect(table([[{ text: '\u001b]0;owned\u0007' }]])[0]).toBe('\ufffd]0;owned\ufffd');
    expect(printable('line\nbreak')).toBe('line\ufffdbreak');
  });

  it('is empty for no rows', () => {
    expect(table([])).toEqual([]);
  });
});

describe('bar', () => {
  it.each([
    [0, 10, ''],
    [10, 10, '████'],
    [5, 10, '██'],
    [0.0001, 10, '▏'],
    [6, 10, '██▍'],
    [1, 0, ''],
  ])('%p of %p', (value, most, expected) => {
    expect(bar(value, most, 4)).toBe(expected);
  });
});

it('leaves text alone where there is no terminal', () => {
  expect(styleFor(false).red('x')).toBe('x');
});

import { parseDemoArguments } from './demo.arguments.js';

describe('the arguments of npm run demo', () => {
  it.each([
    [[], { json: false, patienceS: null }],
    [['--json'], { json: true, patienceS: null }],
    [['--patience', '90'], { json: false, patienceS: 90 }],
    [['--patience=1', '--json'], { json: true, patienceS: 1 }],
  ])('%j', (args, value) => {
    expect(parseDemoArguments(args)).toEqual({ ok: true, value });
  });

  it('names everything that is wrong', () => {
    expect(parseDemoArguments(['--jsn', 'now', '--patience', 'long', '--json=yes'])).toEqual({
      ok: false,
      problems: [
        'not understood: --jsn',
        'not understood: now',
        '--patience: "long" is not a number of seconds from 1 to 3600',
        'not understood: --json=yes',
      ],
    });
  });

  it.each(['0', '3601', '-1', '1.5', ''])('takes no patience of "%s"', (value) => {
    expect(parseDemoArguments(['--patience', value]).ok).toBe(false);
  });
});

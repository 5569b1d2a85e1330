import fc from 'fast-check';
import {
  isTextAffordable,
  ParameterReader,
  type RawParameters,
  readSelection,
  SELECTION_PARAMETERS,
  splitValues,
} from './native-query.js';

const unknown = (name: string): string => `unknown ${name}`;

function read(raw: RawParameters) {
  const reader = new ParameterReader(raw, SELECTION_PARAMETERS, unknown);
  const selection = readSelection(reader);
  return { selection, problems: reader.problems };
}

describe('values of a filter', () => {
  it.each<[string, { value: string; prefix?: boolean; innerStar?: boolean }[]]>([
    ['a', [{ value: 'a' }]],
    ['a,b', [{ value: 'a' }, { value: 'b' }]],
    ['a*', [{ value: 'a', prefix: true }]],
    ['*', [{ value: '', prefix: true }]],
    ['a\\*', [{ value: 'a*' }]],
    ['a\\,b*,c', [{ value: 'a,b', prefix: true }, { value: 'c' }]],
    ['a\\\\*', [{ value: 'a\\', prefix: true }]],
    ['a\\b', [{ value: 'a\\b' }]],
    ['a\\', [{ value: 'a\\' }]],
    ['a*b', [{ value: 'ab', innerStar: true }]],
    ['**', [{ value: '', prefix: true, innerStar: true }]],
    [',a', [{ value: '' }, { value: 'a' }]],
  ])('%j', (text, pieces) => {
    expect(splitValues(text)).toEqual(pieces.map((piece) => ({ prefix: false, innerStar: false, ...piece })));
  });

  it('give back any values that were escaped and joined', () => {
    const value = fc.string({ unit: fc.constantFrom('a', ',', '*', '\\', 'ü') });
    fc.assert(
      fc.property(fc.array(fc.record({ value, prefix: fc.boolean() }), { minLength: 1 }), (values) => {
        const text = values.map(({ value: plain, prefix }) => plain.replace(/[\\,*]/g, '\\$&') + (prefix ? '*' : ''));
        expect(splitValues(text.join(','))).toEqual(values.map((piece) => ({ ...piece, innerStar: false })));
      }),
    );
  });
});

describe('a selection', () => {
  it('holds bounds, filters and their negation', () => {
    const { selection, problems } = read({
      from: '1000',
      to: '1970-01-01T00:00:02Z',
      service_type: ['SWR', 'IAM,SWR'],
      '-user': 'bot*',
      text: 'x',
      domain_id: '',
    });
    expect(problems).toEqual([]);
    expect(selection).toEqual({
      fromMs: 1000,
      toMs: 2000,
      filters: {
        service_type: {
          any: [
            { value: 'SWR', prefix: false },
            { value: 'IAM', prefix: false },
          ],
          none: [],
        },
        user: { any: [], none: [{ value: 'bot', prefix: true }] },
      },
      text: 'x',
      domainId: null,
    });
  });

  it.each<[string, RawParameters, string]>([
    ['an unknown name', { foo: '1' }, 'foo: unknown foo'],
    ['a prefix of a closed set', { trace_type: 'sys*' }, 'trace_type: must be system or data'],
    ['another value of it', { '-read_only': 'yes' }, '-read_only: must be true or false'],
    ['an empty value', { user: 'a,' }, 'user: has an empty value; "*" means any, and its negation none'],
    ['equal bounds', { from: '5', to: '5' }, 'from: must be before to'],
    ['an endless value', { user: 'x'.repeat(10_000) }, 'user: is too long'],
    ['a repeated bound', { from: ['1', '2'] }, 'from: may be given only once'],
  ])('refuses %s', (_, raw, problem) => {
    expect(read(raw).problems.map(({ path, message }) => `${path}: ${message}`)).toEqual([problem]);
  });

  it('never throws, whatever it is given', () => {
    const name = fc.oneof(fc.constantFrom(...SELECTION_PARAMETERS), fc.string());
    fc.assert(
      fc.property(fc.dictionary(name, fc.oneof(fc.string(), fc.array(fc.string()))), (raw) => {
        expect(() => read(raw)).not.toThrow();
      }),
    );
  });
});

describe('a text', () => {
  const DAY = 86_400_000;
  it.each<[string, RawParameters, number, boolean]>([
    ['alone in a day', { text: 'x' }, DAY, true],
    ['alone in more', { text: 'x' }, DAY + 1, false],
    ['with a filter', { text: 'x', user: 'a' }, 7 * DAY, true],
    ['with a negation only', { text: 'x', '-user': 'a' }, 7 * DAY, false],
    ['that is absent', {}, 7 * DAY, true],
  ])('%s', (_, raw, windowMs, affordable) => {
    expect(isTextAffordable(read(raw).selection, windowMs)).toBe(affordable);
  });
});

import { parseTracesArguments } from './traces.arguments.js';

const parsed = (...args: string[]) => parseTracesArguments(args);

describe('arguments of npm run traces', () => {
  it('gives options the names of the API', () => {
    expect(
      parsed('search', '--service-type', 'SWR,IAM', '--not-user=robot', '--user', 'lin', '--user', 'mo', '--json'),
    ).toEqual({
      ok: true,
      value: {
        verb: 'search',
        id: null,
        query: { service_type: ['SWR,IAM'], '-user': ['robot'], user: ['lin', 'mo'] },
        json: true,
        follow: false,
        all: false,
      },
    });
  });

  it('takes one id for show', () => {
    expect(parsed('show', 'abc')).toMatchObject({ ok: true, value: { verb: 'show', id: 'abc' } });
  });

  it.each([
    [['search', '--user'], '--user needs a value'],
    [['show'], 'show needs the id of a trace'],
    [['show', 'a', 'b'], 'not understood: b'],
    [['search', 'a'], 'not understood: a'],
    [['find'], 'unknown verb find'],
    [[], 'no verb'],
  ])('names what is wrong with %p', (args, problem) => {
    const result = parsed(...args);
    expect(result.ok ? [] : result.problems).toContain(problem);
  });
});

import type { ApiAnswer, ApiRequest } from './api-client.js';
import { styleFor } from './terminal.js';
import { tracesCommand, type TracesContext } from './traces.command.js';

const trace = (id: string) => ({ trace_id: id, record_time: 0 });

/** Answers by path and cursor, and remembers what was asked. */
function contextOf(answers: (path: string, query: Record<string, readonly string[]>) => ApiAnswer) {
  const out: string[] = [];
  const errors: string[] = [];
  const asked: [string, unknown][] = [];
  const stop = new AbortController();
  const context: TracesContext = {
    open: () => ({
      get: (path: string, query: ApiRequest['query'] = {}) => {
        asked.push([path, query]);
        return Promise.resolve(answers(path, query as Record<string, readonly string[]>));
      },
    }),
    stdout: (line) => out.push(line),
    stderr: (line) => errors.push(line),
    style: styleFor(false),
    signal: stop.signal,
  };
  return { context, out, errors, asked, stop };
}

const ok = (body: unknown): ApiAnswer => ({ status: 200, body });

describe('npm run traces', () => {
  it('reads every page when asked for all', async () => {
    const { context, out, asked } = contextOf((_, { cursor }) =>
      ok({ traces: [trace(cursor ? 'b' : 'a')], page: { next: cursor ? null : 'more' } }),
    );
    expect(await tracesCommand(['search', '--user', 'lin', '--all', '--json'], context)).toBe(0);
    expect(out.map((line) => (JSON.parse(line) as { trace_id: string }).trace_id)).toEqual(['a', 'b']);
    expect(asked.map(([, query]) => query)).toEqual([{ user: ['lin'] }, { user: ['lin'], cursor: ['more'] }]);
  });

  it('tells where the next page is when not', async () => {
    const { context, out } = contextOf(() => ok({ traces: [trace('a')], page: { next: 'more' } }));
    await tracesCommand(['search'], context);
    expect(out.at(-1)).toBe('{"count":1,"next":"more"}');
  });

  it('follows without telling a trace twice', async () => {
    let rounds = 0;
    const { context, out, stop } = contextOf((path, { after }) => {
      if (path === '/v1/traces') return ok({ traces: [trace('b'), trace('a')], page: { next: null } });
      if (after?.[0] === 'latest') return ok({ traces: [], next: 'c0' });
      if (++rounds === 2) stop.abort();
      return ok({ traces: rounds === 1 ? [trace('b'), trace('c')] : [trace('d')], next: `c${String(rounds)}` });
    });
    expect(await tracesCommand(['tail', '--follow', '--json'], context)).toBe(0);
    expect(out.map((line) => (JSON.parse(line) as { trace_id: string }).trace_id)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('passes on what the service refuses, problem by problem', async () => {
    const { context, errors } = contextOf(() => ({
      status: 400,
      body: {
        error_code: 'QST.BadRequest',
        error_msg: 'no',
        problems: [{ path: 'query.usr', message: 'did you mean user?' }],
      },
    }));
    expect(await tracesCommand(['search', '--usr', 'x'], context)).toBe(1);
    expect(errors.join('\n')).toContain('query.usr: did you mean user?');
  });

  it('explains itself', async () => {
    const { context, errors, asked } = contextOf(() => ok({}));
    expect(await tracesCommand(['look'], context)).toBe(2);
    expect(errors.join('\n')).toMatch(/unknown verb look[\s\S]*usage/);
    expect(asked).toEqual([]);
  });
});

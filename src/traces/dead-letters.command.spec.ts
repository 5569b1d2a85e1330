import { type DeadLetterApi, deadLettersCommand } from './dead-letters.command.js';
import type { ShownDeadLetter } from './dead-letters.dto.js';

const BASE = '/v1/ingest/dead-letters';
const idOf = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

function letter(n: number, change: Partial<ShownDeadLetter> = {}): ShownDeadLetter {
  return {
    id: idOf(n),
    reason: 'not_a_trace',
    detail: 'missing: trace_id',
    state: 'new',
    state_note: null,
    topic: 'cts.traces',
    partition: 1,
    offset: String(n),
    log: 1,
    received_at: 1_767_225_600_000 + n,
    size: 12,
    sha256: 'ab',
    truncated: false,
    domain_id: null,
    trace_id: null,
    replays: 0,
    replayed_at: null,
    replayed_by: null,
    outcome: null,
    dropped_at: null,
    dropped_by: null,
    relayed_at: null,
    value: '{"hello":1}',
    encoding: 'utf-8',
    key: 'k',
    key_encoding: 'utf-8',
    headers: [],
    headers_left_out: 0,
    ...change,
  };
}

/** Answers like the API: newest first, filters by state and reason, pages of at most two. */
class FakeApi implements DeadLetterApi {
  readonly letters: ShownDeadLetter[];
  readonly posts: { path: string; body: unknown }[] = [];
  queries: Readonly<Record<string, string | undefined>>[] = [];
  failsAtPage: number | null = null;

  constructor(count: number, change: (n: number) => Partial<ShownDeadLetter> = () => ({})) {
    this.letters = Array.from({ length: count }, (_, n) => letter(n, change(n)));
  }

  get(path: string, query: Readonly<Record<string, string | undefined>> = {}) {
    if (path === BASE) return Promise.resolve(this.page(query));
    const found = this.letters.find(({ id }) => path === `${BASE}/${id}`);
    return Promise.resolve(found ? { status: 200, body: found } : notFound());
  }

  post(path: string, body: unknown) {
    this.posts.push({ path, body });
    const found = this.letters.find(({ id }) => path.startsWith(`${BASE}/${id}/`));
    if (!found) return Promise.resolve(notFound());
    if (found.truncated || found.state === 'dropped')
      return Promise.resolve({ status: 409, body: { error_msg: 'The dead letter cannot be replayed: it is cut.' } });
    found.state = path.endsWith('/drop') ? 'dropped' : 'replayed';
    return Promise.resolve({ status: 202, body: found });
  }

  private page(query: Readonly<Record<string, string | undefined>>) {
    this.queries.push(query);
    if (this.queries.length === this.failsAtPage) return { status: 503, body: { error_msg: 'Try again later.' } };
    const before = query.cursor === undefined ? Infinity : Number(query.cursor);
    const matching = this.letters
      .filter(({ offset }) => Number(offset) < before)
      .filter(({ state }) => query.state === undefined || query.state.split(',').includes(state))
      .filter(({ reason }) => query.reason === undefined || query.reason.split(',').includes(reason))
      .reverse();
    const shown = matching.slice(0, 2);
    const next = matching.length > 2 ? (shown.at(-1)?.offset ?? null) : null;
    return { status: 200, body: { dead_letters: shown, page: { count: shown.length, next } } };
  }
}

function notFound() {
  return { status: 404, body: { error_msg: 'There is no such dead letter.' } };
}

async function run(args: string[], api: FakeApi = new FakeApi(0)) {
  const out: string[] = [];
  const err: string[] = [];
  let opened = false;
  const code = await deadLettersCommand(args, {
    open: () => {
      opened = true;
      return api;
    },
    stdout: (line) => out.push(line),
    stderr: (line) => err.push(line),
  });
  const last = out.at(-1)?.split('\n').at(-1);
  return { code, out, err: err.join('\n'), opened, result: last === undefined ? null : (JSON.parse(last) as unknown) };
}

describe('npm run dlq', () => {
  describe('wrong usage ends with 2 before anything is opened', () => {
    it.each([
      [[], /say what to do: list, show, replay, drop/],
      [['lst'], /unknown what to do lst; did you mean list\?/],
      [['list', idOf(1)], /list takes filters, not ids/],
      [['show'], /show takes one id/],
      [['show', idOf(1), idOf(2)], /show takes one id/],
      [['show', 'x'], /"x" is not the id/],
      [['replay'], /replay takes ids, or --all/],
      [['drop', idOf(1), '--all'], /exclude each other/],
      [['drop', idOf(1), '--reason', 'future'], /filters go with --all/],
      [['list', '--reason', 'not_jsn'], /unknown reason not_jsn; did you mean not_json\?/],
      [['list', '--state', 'new,gone'], /unknown state gone/],
      [['list', '--stat', 'new'], /unknown option --stat; did you mean --state\?/],
      [['replay', '--all', '--reason'], /--reason needs a value/],
      [['list', '--why', 'x'], /--why does not go with list/],
    ])('%j', async (args, message) => {
      const { code, err, out, opened } = await run(args);
      expect([code, opened, out]).toEqual([2, false, []]);
      expect(err).toMatch(message);
      expect(err).toMatch(/usage: npm run dlq/);
    });
  });

  describe('list', () => {
    it('shows the first page as a table and says that there are more', async () => {
      const { code, out, err, result } = await run(['list'], new FakeApi(3));
      expect([code, result]).toEqual([0, { matched: 2 }]);
      expect(out).toHaveLength(4);
      expect(out[0]).toMatch(/^ID +RECEIVED +REASON +STATE +ORIGIN/);
      expect(out[1]).toMatch(new RegExp(`^${idOf(2)}  2026-01-01T00:00:00.002Z  not_a_trace +new +cts.traces/1/2`));
      expect(err).toMatch(/--all/);
    });

    it('shows every page with --all, and filters', async () => {
      const api = new FakeApi(5, (n) => ({ state: n === 0 ? 'dropped' : 'new' }));
      const { out, err, result } = await run(['list', '--all', '--state=new', '--domain', 'acme'], api);
      expect(result).toEqual({ matched: 4 });
      expect(out).toHaveLength(6);
      expect(err).toBe('');
      expect(api.queries[0]).toMatchObject({ state: 'new', domain_id: 'acme', reason: undefined });
    });

    it('shows nothing but the result where there is nothing', async () => {
      expect(await run(['list'])).toMatchObject({ code: 0, out: ['{"matched":0}'] });
    });

    it('tells what became of a replay', async () => {
      const outcomes: ShownDeadLetter['outcome'][] = [
        null,
        { outcome: 'stored', at: 1, reason: null, dead_letter_id: null },
        { outcome: 'dead_lettered', at: 1, reason: 'expired', dead_letter_id: idOf(9) },
      ];
      const api = new FakeApi(3, (n) => ({ state: 'replayed', outcome: outcomes[n] ?? null }));
      const { out } = await run(['list', '--all'], api);
      expect(out.slice(1, 4).map((line) => /replayed, \S+( way)?/.exec(line)?.[0])).toEqual([
        'replayed, expired',
        'replayed, stored',
        'replayed, under way',
      ]);
    });

    it('lets nothing of a sender reach the terminal as a command', async () => {
      const api = new FakeApi(1, () => ({ domain_id: 'a\u001b[2J\u009b1m\u202e\n', detail: '\u0007' }));
      const { out } = await run(['list'], api);
      expect(out[1]).toContain('a\\u001b[2J\\u009b1m\\u202e\\u000a');
      expect(out.join('')).not.toMatch(/\p{C}/u);
    });

    it('fails when the service refuses', async () => {
      const api = new FakeApi(1);
      api.failsAtPage = 1;
      await expect(run(['list'], api)).rejects.toThrow('Try again later.');
    });
  });

  describe('show', () => {
    it('shows all members and the record; the last line holds it whole', async () => {
      const api = new FakeApi(2, () => ({ value: 'line 1\nline\u001b2\u{1f511}', domain_id: 'acme' }));
      const { code, out, result } = await run(['show', idOf(1).toUpperCase()], api);
      expect(code).toBe(0);
      expect(out[0]).toMatch(/^domain_id +acme$/m);
      expect(out[0]).toMatch(/^received_at +2026-01-01T00:00:00.001Z$/m);
      expect(out[0]).toMatch(/\n\nline 1\nline\\u001b2\u{1f511}$/u);
      expect(result).toEqual({ matched: 1, dead_letter: api.letters[1] });
    });

    it('shows the headers, each on a line', async () => {
      const headers = [
        { name: 'trace\u001bparent', value: '00-ab\n', encoding: 'utf-8' as const },
        { name: 'twice', value: '/w==', encoding: 'base64' as const },
      ];
      const { out } = await run(['show', idOf(0)], new FakeApi(1, () => ({ headers, headers_left_out: 3 })));
      expect(out[0]).toMatch(/^headers_left_out +3$/m);
      expect(out[0]).toMatch(/^header +trace\\u001bparent: 00-ab\\u000a\nheader +twice: \/w== \(base64\)\n\n\{/m);
    });

    it('says that there is none', async () => {
      expect(await run(['show', idOf(7)], new FakeApi(1))).toMatchObject({
        code: 1,
        err: 'There is no such dead letter.',
        result: { matched: 0 },
      });
    });
  });

  describe('replay and drop', () => {
    it('those that are named, each once', async () => {
      const api = new FakeApi(3);
      const args = ['replay', idOf(1), idOf(0), idOf(1), '--why', 'mended'];
      expect(await run(args, api)).toMatchObject({ code: 0, result: { matched: 2, replayed: 2, failed: 0 } });
      expect(api.posts).toEqual([
        { path: `${BASE}/${idOf(1)}/replay`, body: { reason: 'mended' } },
        { path: `${BASE}/${idOf(0)}/replay`, body: { reason: 'mended' } },
      ]);
    });

    it('all that are new, page by page', async () => {
      const api = new FakeApi(7, (n) => ({ state: n === 3 ? 'replayed' : 'new' }));
      expect(await run(['drop', '--all'], api)).toMatchObject({
        code: 0,
        result: { matched: 6, dropped: 6, failed: 0 },
      });
      expect(api.letters.filter(({ state }) => state === 'dropped')).toHaveLength(6);
    });

    it('all that match the filters', async () => {
      const api = new FakeApi(6, (n) => ({ reason: n % 2 === 0 ? 'future' : 'expired', state: 'replayed' }));
      const args = ['replay', '--all', '--reason', 'future', '--reason=no_time', '--state', 'new,replayed'];
      expect(await run(args, api)).toMatchObject({ code: 0, result: { matched: 3, replayed: 3 } });
      expect(api.queries[0]).toMatchObject({ reason: 'future,no_time', state: 'new,replayed' });
    });

    it('nothing is no failure', async () => {
      expect(await run(['replay', '--all'])).toMatchObject({ code: 0, result: { matched: 0, replayed: 0, failed: 0 } });
    });

    it('names those that could not be and goes on', async () => {
      const api = new FakeApi(3, (n) => ({ truncated: n === 1 }));
      const { code, err, result } = await run(['replay', '--all'], api);
      expect([code, result]).toEqual([1, { matched: 3, replayed: 2, failed: 1 }]);
      expect(err).toContain(`${idOf(1)}: The dead letter cannot be replayed: it is cut.`);
      expect(await run(['drop', idOf(8)], api)).toMatchObject({
        code: 1,
        result: { matched: 1, dropped: 0, failed: 1 },
      });
    });

    it('tells how far it came when the service stops answering', async () => {
      const api = new FakeApi(5);
      api.failsAtPage = 2;
      const { code, err, result } = await run(['drop', '--all'], api);
      expect([code, result]).toEqual([1, { matched: 2, dropped: 2, failed: 1 }]);
      expect(err).toContain('Try again later.');
    });
  });
});

/** The operator's API of dead letters: who may, what it lists and in which order, what is traced. */
import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { DAY_MS } from '../../../src/kernel/clock.js';
import { DayPartitions } from '../../../src/traces/day-partitions.store.js';
import type { DeadLetterList } from '../../../src/traces/dead-letters.dto.js';
import { event } from '../ingest/harness.js';
import { DeadLetterApp } from './harness.js';

const OTHER_DOMAIN = 'b'.repeat(32);

describe('the API of dead letters', () => {
  let app: DeadLetterApp;
  let tenant: string;

  beforeAll(async () => {
    app = await DeadLetterApp.start();
    tenant = await app.tenant('acme');
  });
  afterAll(async () => {
    await app.stop();
  });
  beforeEach(async () => {
    await app.reset();
  });

  async function refuse(count: number, made: () => object = () => ({ hello: 1 })): Promise<void> {
    app.ingest.log().append(...Array.from({ length: count }, made));
    await app.consume();
  }

  async function page(query: Record<string, string>): Promise<DeadLetterList> {
    return (await app.get('', query).expect(200)).body as DeadLetterList;
  }

  /** Ids of all pages; `between` runs after each. */
  async function walk(query: Record<string, string>, between: () => Promise<unknown> = nextTurn): Promise<string[]> {
    const ids: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const { dead_letters: letters, page: told } = await page({ ...query, ...(cursor && { cursor }) });
      expect(told.count).toBe(letters.length);
      ids.push(...letters.map(({ id }) => id));
      cursor = told.next;
      await between();
    }
    return ids;
  }

  describe('is of the operator plane', () => {
    it.each(['get', 'post'] as const)('tenants are refused: %s', async (method) => {
      await refuse(1);
      const { id } = await app.only();
      const calls =
        method === 'get'
          ? [app.get('', {}, tenant), app.get(`/${id}`, {}, tenant)]
          : [app.post(`/${id}/replay`, {}, tenant), app.post(`/${id}/drop`, {}, tenant)];
      for (const call of calls) {
        const { body } = await call.expect(403);
        expect(body).toMatchObject({ error_code: 'QST.Forbidden' });
        expect(JSON.stringify(body)).not.toContain(id);
      }
      expect(await app.only()).toMatchObject({ state: 'new' });
    });

    it('nobody without a token', async () => {
      await app.get('', {}, '').expect(401);
      await app.post(`/${randomUUID()}/drop`, {}, '').expect(401);
    });
  });

  describe('lists', () => {
    it('nothing', async () => {
      expect(await page({})).toEqual({ dead_letters: [], page: { count: 0, next: null } });
    });

    it('newest first, each once, while others come in', async () => {
      for (let batch = 0; batch < 4; batch++) await refuse(13);
      const all = await app.list({ limit: '200' });
      expect(all).toHaveLength(52);
      const times = all.map(({ received_at: at }) => at);
      expect(times).toEqual([...times].sort((left, right) => right - left));
      const walked = await walk({ limit: '7' }, () => refuse(3));
      expect(walked).toEqual(all.map(({ id }) => id));
    });

    it('on to the next page after what it showed has changed its state', async () => {
      await refuse(9);
      const all = (await app.list()).map(({ id }) => id);
      const dropped = new Set<string>();
      const walked = await walk({ limit: '4', state: 'new' }, async () => {
        for (const { id } of (await page({ limit: '4', state: 'new' })).dead_letters) {
          if (dropped.size < 4) await app.post(`/${id}/drop`).expect(202);
          dropped.add(id);
        }
      });
      expect(walked).toEqual(all);
    });

    it('by reason, state and domain, several at once', async () => {
      await refuse(2);
      await refuse(3, () => event({ trace_name: 7 }));
      await refuse(4, () => event({ trace_name: 7, domain_id: OTHER_DOMAIN }));
      const [first] = await app.list({ reason: 'bad_field' });
      await app.post(`/${first?.id ?? ''}/drop`).expect(202);
      const count = async (query: Record<string, string | string[]>) => (await app.list(query)).length;
      expect(await count({ reason: 'not_a_trace' })).toBe(2);
      expect(await count({ reason: 'bad_field' })).toBe(7);
      expect(await count({ reason: ['bad_field', 'not_a_trace'] })).toBe(9);
      expect(await count({ reason: 'bad_field,not_a_trace', state: 'new' })).toBe(8);
      expect(await count({ state: 'new,dropped' })).toBe(9);
      expect(await count({ state: 'dropped' })).toBe(1);
      expect(await count({ domain_id: OTHER_DOMAIN })).toBe(4);
      expect(await count({ domain_id: OTHER_DOMAIN, state: 'dropped', reason: 'bad_field' })).toBe(1);
      expect(await count({ domain_id: 'nobody' })).toBe(0);
      // As contracts.md writes them: empty ones mean nothing.
      expect(await count({ reason: '', state: '', domain_id: '' })).toBe(9);
    });

    it('none that have left the window, though their partition is still there', async () => {
      await app.ingest.module.get(DayPartitions).ensure(Date.now() - 8 * DAY_MS, Date.now());
      await refuse(2);
      const [old, young] = await app.list();
      await app.ingest.database.query('UPDATE dead_letters SET received_at = $1 WHERE id = $2', [
        new Date(Date.now() - 7 * DAY_MS - 60_000),
        old?.id,
      ]);
      expect(await app.list()).toEqual([young]);
      await app.get(`/${old?.id ?? ''}`).expect(404);
      await app.post(`/${old?.id ?? ''}/replay`).expect(404);
    });

    it.each([
      [{ reason: 'not_jsn' }, 'query.reason', /did you mean not_json\?/],
      [{ state: 'new,old' }, 'query.state', /must be any of new, replayed, dropped/],
      [{ limit: '0' }, 'query.limit', /./],
      [{ limit: '201' }, 'query.limit', /./],
      [{ domain_id: 'x'.repeat(65) }, 'query.domain_id', /./],
      [{ resaon: 'not_json' }, 'query.resaon', /did you mean reason\?/],
    ])('refuses %j', async (query, path, message) => {
      const { body } = await app.get('', query).expect(400);
      expect(body).toMatchObject({
        error_code: 'QST.BadRequest',
        problems: [{ path, message: expect.stringMatching(message) as string }],
      });
    });
  });

  describe('cursors', () => {
    async function cursorOf(query: Record<string, string> = {}): Promise<string> {
      await refuse(3);
      const { next } = (await page({ limit: '2', ...query })).page;
      if (next === null) throw new Error('there is no next page');
      return next;
    }

    async function refusal(query: Record<string, string>): Promise<string> {
      const { body } = await app.get('', query).expect(400);
      expect(body).toMatchObject({ error_code: 'QST.BadCursor', problems: [{ path: 'query.cursor' }] });
      return (body as { error_msg: string }).error_msg;
    }

    it('go on with another limit', async () => {
      const cursor = await cursorOf();
      expect((await page({ cursor, limit: '10' })).dead_letters).toHaveLength(1);
    });

    it('are refused when a character was changed', async () => {
      const cursor = await cursorOf();
      for (const at of [0, Math.floor(cursor.length / 2), cursor.length - 1]) {
        const changed = cursor.slice(0, at) + (cursor[at] === 'A' ? 'B' : 'A') + cursor.slice(at + 1);
        expect(await refusal({ cursor: changed })).toMatch(/not a cursor/);
      }
      expect(await refusal({ cursor: 'nonsense' })).toMatch(/not a cursor/);
    });

    it('are refused with other filters', async () => {
      const cursor = await cursorOf({ state: 'new' });
      expect(await refusal({ cursor })).toMatch(/other filters/);
      expect(await refusal({ cursor, state: 'new', reason: 'future' })).toMatch(/other filters/);
    });
  });

  describe('shows', () => {
    it('the record, and that it was shown is a trace of the operator', async () => {
      await refuse(1);
      const { id } = await app.only();
      expect(await app.show(id)).toMatchObject({ id, value: '{"hello":1}', encoding: 'utf-8' });
      const { domain, user } = app.credentials;
      const traces = await app.recorded('showDeadLetter');
      expect(traces).toEqual([
        expect.objectContaining({
          service_type: 'CTS',
          resource_type: 'deadLetter',
          resource_id: id,
          resource_name: 'cts.traces/0/0',
          domain_id: domain.id,
          read_only: true,
          user: expect.objectContaining({ id: user.id, name: user.name }) as object,
          source_ip: '127.0.0.1',
        }),
      ]);
      expect(JSON.stringify(traces)).not.toContain('hello');
    });

    it('nothing that is not there, and traces nothing then', async () => {
      expect((await app.get(`/${randomUUID()}`).expect(404)).body).toMatchObject({ error_code: 'QST.NotFound' });
      expect((await app.get('/x').expect(400)).body).toMatchObject({ problems: [{ path: 'path.id' }] });
      expect(await app.recorded('showDeadLetter')).toEqual([]);
    });

    it('as text what was cut within a character', async () => {
      app.ingest.log().append(Buffer.from(`x${'ü'.repeat(200_000)}`));
      await app.consume();
      const shown = await app.show((await app.only()).id);
      expect(shown).toMatchObject({ reason: 'too_large', encoding: 'utf-8', truncated: true });
      expect(shown.value).toBe(`x${'ü'.repeat(32 * 1024 - 1)}`);
    });

    it('the headers, which no list shows', async () => {
      app.ingest.log().add('rubbish', {
        authorization: Buffer.from('Bearer secret'),
        binary: Buffer.from([0xff]),
        twice: [Buffer.from('1'), Buffer.from('2')],
        'quaestor-replay': Buffer.from('forged'),
        long: Buffer.alloc(20_000),
      });
      await app.consume();
      const listed = await app.only();
      expect(JSON.stringify(listed)).not.toMatch(/secret|authorization|headers/);
      const text = (name: string, value: string) => ({ name, value, encoding: 'utf-8' });
      expect(await app.show(listed.id)).toMatchObject({
        headers: [
          text('authorization', 'Bearer secret'),
          { name: 'binary', value: '/w==', encoding: 'base64' },
          text('twice', '1'),
          text('twice', '2'),
          text('quaestor-replay', 'forged'),
        ],
        headers_left_out: 1,
      });
      expect(JSON.stringify(await app.recorded('showDeadLetter'))).not.toContain('secret');
    });

    it('a tombstone as nothing', async () => {
      app.ingest.log().append(null);
      await app.consume();
      expect(await app.show((await app.only()).id)).toMatchObject({ reason: 'not_json', size: 0, value: '' });
    });
  });

  describe('replays and drops', () => {
    it('tell who and why, in the row and in a trace', async () => {
      await refuse(1);
      const { id } = await app.only();
      const { body } = await app.post(`/${id}/replay`, { reason: 'domain exists now' }).expect(202);
      expect(body).toMatchObject({
        id,
        state: 'replayed',
        state_note: 'domain exists now',
        replays: 1,
        replayed_by: 'admin',
        outcome: null,
      });
      await app.post(`/${id}/drop`).expect(202);
      expect(await app.only()).toMatchObject({ state: 'dropped', state_note: null, dropped_by: 'admin', replays: 1 });
      const [replayed] = await app.recorded('replayDeadLetter');
      expect(replayed).toMatchObject({ resource_id: id, read_only: false, request: '{"reason":"domain exists now"}' });
      expect(JSON.parse(String(replayed?.response))).toMatchObject({ from: 'new', to: 'replayed', replays: 1 });
      const [dropped] = await app.recorded('dropDeadLetter');
      expect(JSON.parse(String(dropped?.response))).toMatchObject({ from: 'replayed', to: 'dropped' });
    });

    it('are refused once it is dropped, and then nothing is published or traced', async () => {
      await refuse(1);
      const { id } = await app.only();
      await app.post(`/${id}/drop`).expect(202);
      for (const action of ['replay', 'drop']) {
        const { body } = await app.post(`/${id}/${action}`).expect(409);
        expect(body).toMatchObject({
          error_code: 'QST.Conflict',
          error_msg: expect.stringMatching(/final/) as string,
        });
      }
      expect(await app.recorded('replayDeadLetter')).toEqual([]);
      expect(await app.recorded('dropDeadLetter')).toHaveLength(1);
      await app.publish();
      expect(app.producer.records('cts.traces')).toEqual([]);
    });

    it('of the same at once are all counted, and a drop among them is the last', async () => {
      await refuse(1);
      const { id } = await app.only();
      const answers = await Promise.all([
        ...Array.from({ length: 5 }, () => app.post(`/${id}/replay`)),
        app.post(`/${id}/drop`),
      ]);
      const replays = answers.slice(0, 5).filter(({ status }) => status === 202).length;
      expect(answers.map(({ status }) => status).filter((status) => status !== 202 && status !== 409)).toEqual([]);
      expect(await app.only()).toMatchObject({ state: 'dropped', replays });
    });

    it('refuse what they do not know', async () => {
      await refuse(1);
      const { id } = await app.only();
      const refusals: [object, string][] = [
        [{ why: 'x' }, 'body.why'],
        [{ reason: 'x'.repeat(1_001) }, 'body.reason'],
        [{ reason: 'a\0b' }, 'body.reason'],
        [{ reason: 7 }, 'body.reason'],
      ];
      for (const [body, path] of refusals) {
        const answer = await app.post(`/${id}/drop`, body).expect(400);
        expect(answer.body).toMatchObject({ problems: [{ path }] });
      }
      await app.post(`/${randomUUID()}/drop`).expect(404);
      expect(await app.only()).toMatchObject({ state: 'new' });
    });
  });
});

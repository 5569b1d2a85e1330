/** Every reason of a refusal from its record to its end: listed, shown, replayed once the cause is mended, dropped. */
import { DAY_MS, HOUR_MS } from '../../../src/kernel/clock.js';
import { uuidV1 } from '../../../src/kernel/ids.js';
import { REFUSAL_REASONS, type RefusalReason } from '../../../src/traces/core/refusal.js';
import { DayPartitions } from '../../../src/traces/day-partitions.store.js';
import { IngestLogStore } from '../../../src/traces/ingest-log.store.js';
import { REPLAY_HEADER } from '../../../src/traces/dead-letter-replay.js';
import { DOMAIN, event, TOPIC } from '../ingest/harness.js';
import { DeadLetterApp } from './harness.js';

const NODE = '8000a1b2c3d4e5f6';
const SECRET = 'correct-horse-battery-staple';
const FUTURE_MS = HOUR_MS;

describe('refused records', () => {
  let app: DeadLetterApp;

  beforeAll(async () => {
    app = await DeadLetterApp.start();
  });
  afterAll(async () => {
    await app.stop();
  });
  beforeEach(async () => {
    await app.reset();
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  /** A record that is refused for this reason; it holds the secret where it may. */
  const record: Readonly<Record<RefusalReason, () => object | string | Buffer>> = {
    too_large: () => event({ request: SECRET.padEnd(257 * 1024, 'x') }),
    not_json: () => Buffer.concat([Buffer.from(`{"request":"${SECRET}`), Buffer.from([0xff, 0x00])]),
    not_a_trace: () => ({ hello: SECRET }),
    no_domain: () => event({ domain_id: undefined, user: { name: SECRET } }),
    bad_field: () => event({ resource_name: `${SECRET}\0` }),
    no_time: () => event({ trace_id: 'x', record_time: undefined, time: undefined, request: SECRET }),
    expired: () => at(Date.now() - 7 * DAY_MS - HOUR_MS),
    future: () => at(Date.now() + FUTURE_MS),
    conflict: () => event({ trace_id: 'twice', record_time: Date.now() - 1_000, request: SECRET }),
    rejected_by_store: () => event({ resource_name: 'forbidden', request: SECRET }),
  };

  /** What makes the store refuse, or the record conflict. */
  async function prepare(reason: RefusalReason): Promise<void> {
    const { database } = app.ingest;
    if (reason === 'rejected_by_store')
      await database.query(`ALTER TABLE traces ADD CONSTRAINT no_forbidden CHECK (resource_name <> 'forbidden')`);
  }

  async function refuse(reason: RefusalReason): Promise<{ id: string; sent: Buffer }> {
    await prepare(reason);
    const made = record[reason]();
    if (reason === 'conflict') app.ingest.log().append({ ...(made as object), request: 'another' });
    app.ingest.log().append(made);
    await app.consume();
    const letter = await app.only();
    expect(letter).toMatchObject({ reason, state: 'new', replays: 0, outcome: null });
    const sent = app.ingest.log().records.at(-1)?.value ?? Buffer.alloc(0);
    return { id: letter.id, sent };
  }

  function at(recordTime: number): object {
    return event({ trace_id: uuidV1(recordTime, 1, NODE), record_time: recordTime, request: SECRET });
  }

  /** The database's clock, as ingest asks it. */
  function clockIsAhead(ms: number): void {
    const asked = IngestLogStore.prototype.lock;
    jest.spyOn(IngestLogStore.prototype, 'lock').mockImplementation(async function (this: IngestLogStore, ...args) {
      const held = await asked.apply(this, args);
      return held && { ...held, nowMs: held.nowMs + ms };
    });
  }

  describe.each(REFUSAL_REASONS)('%s', (reason) => {
    afterEach(async () => {
      await app.ingest.database.query('ALTER TABLE traces DROP CONSTRAINT IF EXISTS no_forbidden');
    });

    it('is listed without its content and shown with it', async () => {
      const { id, sent } = await refuse(reason);
      const listed = await app.only({ reason });
      expect(listed).toMatchObject({ id, topic: TOPIC, partition: 0, size: sent.length, state: 'new' });
      expect(JSON.stringify(listed)).not.toContain(SECRET);
      expect(Object.keys(listed)).not.toEqual(expect.arrayContaining(['value']));
      const shown = await app.show(id);
      expect(Buffer.from(shown.value, shown.encoding === 'base64' ? 'base64' : 'utf8')).toEqual(
        sent.subarray(0, 64 * 1024),
      );
      expect(shown).toMatchObject({ key: 'k', key_encoding: 'utf-8', truncated: reason === 'too_large' });
      expect(shown.encoding).toBe(reason === 'not_json' ? 'base64' : 'utf-8');
    });

    it('is dropped', async () => {
      const { id } = await refuse(reason);
      const { body } = await app.post(`/${id}/drop`, { reason: 'rubbish' }).expect(202);
      expect(body).toMatchObject({ id, state: 'dropped', state_note: 'rubbish', dropped_by: 'admin' });
      expect(await app.list({ state: 'new' })).toEqual([]);
    });
  });

  describe('replayed after the cause is mended', () => {
    const MENDED: Readonly<Partial<Record<RefusalReason, () => Promise<void> | void>>> = {
      expired: async () => {
        await app.ingest.module.get(DayPartitions).ensure(Date.now() - 9 * DAY_MS, Date.now());
        clockIsAhead(-2 * HOUR_MS);
      },
      future: () => {
        clockIsAhead(FUTURE_MS);
      },
      conflict: async () => {
        await app.ingest.database.query(`DELETE FROM traces WHERE trace_id = 'twice'`);
      },
      rejected_by_store: async () => {
        await app.ingest.database.query('ALTER TABLE traces DROP CONSTRAINT no_forbidden');
      },
    };

    it.each(Object.keys(MENDED) as RefusalReason[])('%s: is stored', async (reason) => {
      const { id, sent } = await refuse(reason);
      await MENDED[reason]?.();
      const row = await app.replay(id);
      expect(row).toMatchObject({
        state: 'replayed',
        replays: 1,
        replayed_by: 'admin',
        outcome: { outcome: 'stored' },
      });
      const { trace_id: traceId } = JSON.parse(sent.toString()) as { trace_id: string };
      expect(await app.ingest.traceIds()).toContain(traceId);
      expect((await app.ingest.coverage()).total.balanced).toBe(true);
    });

    it.each(['not_json', 'not_a_trace', 'no_domain', 'bad_field', 'no_time', 'expired', 'future', 'conflict'] as const)(
      '%s: is refused again while it is not, and the row names the new dead letter',
      async (reason) => {
        const { id, sent } = await refuse(reason);
        const row = await app.replay(id);
        const again = await app.only({ state: 'new' });
        expect(row).toMatchObject({
          state: 'replayed',
          outcome: { outcome: 'dead_lettered', reason, dead_letter_id: again.id },
        });
        expect(again).toMatchObject({ reason, sha256: row.sha256, size: sent.length });
        expect(app.ingest.log().records.at(-1)?.value).toEqual(sent);
      },
    );

    it('too_large: cannot be, since only its beginning was kept', async () => {
      const { id } = await refuse('too_large');
      const { body } = await app.post(`/${id}/replay`).expect(409);
      expect(body).toMatchObject({
        error_code: 'QST.Conflict',
        error_msg: expect.stringMatching(/cannot be replayed: only the beginning/) as string,
      });
      expect(await app.show(id)).toMatchObject({ state: 'new', replays: 0 });
    });
  });

  describe('what becomes of a replay', () => {
    async function replayedOnce(): Promise<string> {
      const { id } = await refuse('rejected_by_store');
      await app.ingest.database.query('ALTER TABLE traces DROP CONSTRAINT no_forbidden');
      expect(await app.replay(id)).toMatchObject({ outcome: { outcome: 'stored' } });
      return id;
    }

    it('is told anew for each: stored, then duplicate', async () => {
      const id = await replayedOnce();
      expect(await app.replay(id)).toMatchObject({ replays: 2, outcome: { outcome: 'duplicate', reason: null } });
    });

    it("comes with the sender's headers, and is told by our mark alone", async () => {
      await prepare('rejected_by_store');
      const traceparent = Buffer.from('00-ab-cd-01');
      const forged = Buffer.from('0f8fad5b-d9cb-469f-a165-70867728950e/1');
      app.ingest.log().add(record.rejected_by_store(), { traceparent, [REPLAY_HEADER]: [forged, forged] });
      await app.consume();
      const { id } = await app.only();
      await app.ingest.database.query('ALTER TABLE traces DROP CONSTRAINT no_forbidden');
      expect(await app.replay(id)).toMatchObject({ outcome: { outcome: 'stored' } });
      expect(app.ingest.log().records.at(-1)?.headers).toEqual({
        traceparent: [traceparent],
        [REPLAY_HEADER]: Buffer.from(`${id}/1`),
      });
    });

    it('is unknown until ingest has seen it', async () => {
      const id = await replayedOnce();
      await app.post(`/${id}/replay`).expect(202);
      await app.publish();
      expect(await app.show(id)).toMatchObject({ state: 'replayed', replays: 2, outcome: null });
    });

    it('is filtered where the domain is not recorded any more', async () => {
      const id = await replayedOnce();
      await app.ingest.database.query('INSERT INTO trace_recording (domain_id, enabled) VALUES ($1, false)', [DOMAIN]);
      expect(await app.replay(id)).toMatchObject({ outcome: { outcome: 'filtered' } });
    });

    it('is that of the first copy when the broker got it twice, also in one batch', async () => {
      const { id } = await refuse('rejected_by_store');
      await app.ingest.database.query('ALTER TABLE traces DROP CONSTRAINT no_forbidden');
      await app.post(`/${id}/replay`).expect(202);
      await app.publish();
      const copy = app.ingest.log().records.at(-1);
      app.ingest.log().add(copy?.value ?? null, { ...copy?.headers });
      await app.consume();
      expect(await app.show(id)).toMatchObject({ outcome: { outcome: 'stored' } });
      app.ingest.log().add(copy?.value ?? null, { ...copy?.headers });
      await app.consume();
      expect(await app.show(id)).toMatchObject({ outcome: { outcome: 'stored' } });
    });

    it('is told also to one that was dropped meanwhile', async () => {
      const { id } = await refuse('rejected_by_store');
      await app.ingest.database.query('ALTER TABLE traces DROP CONSTRAINT no_forbidden');
      await app.post(`/${id}/replay`).expect(202);
      await app.publish();
      await app.post(`/${id}/drop`).expect(202);
      await app.consume();
      expect(await app.show(id)).toMatchObject({ state: 'dropped', outcome: { outcome: 'stored' } });
    });

    it('is not told by marks on other bytes, of replays that were not asked for, or that are none', async () => {
      const { id, sent } = await refuse('not_a_trace');
      const mark = (text: string) => ({ [REPLAY_HEADER]: Buffer.from(text) });
      // Nobody had asked for it yet when this one was read.
      app.ingest.log().add(sent, mark(`${id}/1`));
      await app.consume();
      await app.post(`/${id}/replay`).expect(202);
      app.ingest.log().add(event(), mark(`${id}/1`));
      app.ingest.log().add(sent, mark(`${id}/2`));
      for (const text of ['', id, `${id}/0`, `${id}/x`, `${id}/9999999999`, `${id.toUpperCase()}/1`, "'; --/1"])
        app.ingest.log().add(sent, mark(text));
      const before = (await app.ingest.coverage()).total.offsets;
      await app.consume();
      const { total } = await app.ingest.coverage();
      expect(Number(total.offsets) - Number(before)).toBe(9);
      expect(total.balanced).toBe(true);
      expect(await app.show(id)).toMatchObject({ state: 'replayed', outcome: null });
    });
  });
});

import { DAY_MS } from '../../../src/kernel/clock.js';
import { sqlState } from '../../../src/platform/database/database-error.js';
import { DAY_PARTITIONED_TABLES, dayPartition, startOfDay } from '../../../src/traces/day-partition.js';
import { DayPartitions } from '../../../src/traces/day-partitions.store.js';
import { insertTraces, traceRow } from './rows.js';
import { openTestDatabase, type OpenDatabase, until } from './test-database.js';

const DAY = Date.UTC(2026, 2, 10);
const RETRY = { attempts: 2, lockTimeoutMs: 150, firstPauseMs: 10 };

describe('DayPartitions', () => {
  let db: OpenDatabase;
  let partitions: DayPartitions;

  beforeEach(async () => {
    db = await openTestDatabase();
    partitions = new DayPartitions(db.database);
  });
  afterEach(() => db.close());

  const states = async () =>
    Object.fromEntries((await partitions.list()).map(({ name, state }) => [name, state] as const));

  it('makes all days that touch the span, in all three tables, once', async () => {
    const created = await partitions.ensure(DAY + 5, DAY + DAY_MS);
    expect(created.sort()).toEqual(
      DAY_PARTITIONED_TABLES.flatMap((table) => [`${table}_20260310`, `${table}_20260311`]).sort(),
    );
    expect(await new DayPartitions(db.database).ensure(DAY, DAY + DAY_MS + 1)).toEqual([]);
    const listed = await partitions.list();
    expect(listed).toHaveLength(6);
    expect(listed.every(({ state, bytes }) => state === 'attached' && bytes > 0)).toBe(true);
    expect(listed[0]).toMatchObject({ fromMs: DAY, toMs: DAY + DAY_MS });
  });

  it('gives a partition all indexes of its table, attached, and no constraint of its own', async () => {
    await partitions.ensure(DAY, DAY);
    const rows = await db.database.query<{ parent: string; n: string }>(
      `SELECT t.relname AS parent, count(c.oid) AS n
       FROM pg_class t JOIN pg_index ti ON ti.indrelid = t.oid
       LEFT JOIN pg_inherits i ON i.inhparent = ti.indexrelid LEFT JOIN pg_class c ON c.oid = i.inhrelid
       WHERE t.relkind = 'p' GROUP BY t.relname, ti.indexrelid HAVING count(c.oid) <> 1`,
    );
    expect(rows).toEqual([]);
    const constraints = await db.database.query<{ n: string }>(
      `SELECT count(*) AS n FROM pg_constraint WHERE conrelid = 'traces_20260310'::regclass AND contype = 'c'`,
    );
    expect(constraints).toEqual([{ n: '0' }]);
  });

  it('bounds a day in UTC whatever the zone of the session', async () => {
    const client = await db.client();
    await client.query(`SET TimeZone = 'Asia/Shanghai'`);
    await partitions.ensure(DAY, DAY + DAY_MS);
    await insertTraces(db.database, [traceRow({ recordTime: DAY }), traceRow({ recordTime: DAY + DAY_MS - 1 })]);
    const { rows } = await client.query('SELECT count(*)::int AS n FROM traces_20260310');
    expect(rows).toEqual([{ n: 2 }]);
  });

  it('refuses rows of days that are not there: there is no default partition', async () => {
    await partitions.ensure(DAY, DAY);
    const failure = await insertTraces(db.database, [traceRow({ recordTime: DAY - 1 })]).catch(
      (error: unknown) => error,
    );
    expect(sqlState(failure)).toBe('23514');
  });

  it('may be asked by many at once', async () => {
    const callers = Array.from({ length: 6 }, () => new DayPartitions(db.database));
    const created = (await Promise.all(callers.map((caller) => caller.ensure(DAY, DAY + 4 * DAY_MS)))).flat();
    expect(created).toHaveLength(15);
    expect(new Set(created).size).toBe(15);
  });

  it('asks nothing again until it is told to forget', async () => {
    await partitions.ensure(DAY, DAY);
    const query = jest.spyOn(db.database, 'query');
    await partitions.ensure(DAY, DAY + 3);
    expect(query).not.toHaveBeenCalled();
    partitions.forget();
    await partitions.ensure(DAY, DAY);
    expect(query).toHaveBeenCalled();
  });

  it('goes on beside a writer and a reader of the table', async () => {
    await partitions.ensure(DAY, DAY);
    const [reader, writer] = [await db.client(), await db.client()];
    await reader.query('BEGIN');
    await reader.query('SELECT count(*) FROM traces');
    await writer.query('BEGIN');
    await writer.query(`INSERT INTO actors VALUES ('d', 'u', now())`);
    await insertTraces({ query: async (text, values) => (await writer.query(text, [...(values ?? [])])).rows }, [
      traceRow({ recordTime: DAY }),
    ]);
    expect(await partitions.ensure(DAY, DAY + DAY_MS, { ...RETRY, attempts: 1 })).toHaveLength(3);
    await writer.query('COMMIT');
    await reader.query('COMMIT');
  });

  it('waits for the lock of another maker of partitions, and gives up after its tries', async () => {
    const other = await db.client();
    await other.query('SELECT pg_advisory_lock(7421903002)');
    const failure = await partitions.ensure(DAY, DAY, RETRY).catch((error: unknown) => error);
    expect(sqlState(failure)).toBe('55P03');
    await other.query('SELECT pg_advisory_unlock(7421903002)');
    expect(await partitions.ensure(DAY, DAY, RETRY)).toHaveLength(3);
  });

  describe('detach and drop', () => {
    const day = dayPartition('traces', DAY);

    beforeEach(async () => {
      await partitions.ensure(DAY, DAY + DAY_MS);
      await insertTraces(db.database, [traceRow({ recordTime: DAY }), traceRow({ recordTime: DAY + DAY_MS })]);
    });

    it('detaches, counts and drops, and may be asked twice', async () => {
      await partitions.detach(day);
      expect((await states())[day.name]).toBe('detached');
      await partitions.detach(day);
      expect(await partitions.count(day, 5_000)).toBe(1);
      expect(await db.database.transaction((transaction) => partitions.drop(day, transaction))).toBe(true);
      expect((await states())[day.name]).toBeUndefined();
      await partitions.detach(day);
      expect(await db.database.query('SELECT trace_id FROM traces')).toHaveLength(1);
    });

    it('gives up on a reader in the way, leaving the day half detached, and finishes it when he is gone', async () => {
      const reader = await db.client();
      await reader.query('BEGIN');
      await reader.query('SELECT count(*) FROM traces');
      const failure = await partitions.detach(day, RETRY).catch((error: unknown) => error);
      expect(sqlState(failure)).toBe('55P03');
      expect((await states())[day.name]).toBe('detaching');
      await reader.query('COMMIT');
      await partitions.detach(day, RETRY);
      expect((await states())[day.name]).toBe('detached');
    });

    it('succeeds at a later try once the reader has gone', async () => {
      const reader = await db.client();
      await reader.query('BEGIN');
      await reader.query('SELECT count(*) FROM traces');
      const tries = jest.spyOn(db.database, 'withConnection');
      const detached = partitions.detach(day, { ...RETRY, attempts: 20 });
      await until(() => tries.mock.calls.length >= 3);
      await reader.query('COMMIT');
      await detached;
      expect((await states())[day.name]).toBe('detached');
    });

    it('detaches plainly where doing it concurrently is refused', async () => {
      await db.database.query('CREATE TABLE traces_rest PARTITION OF traces DEFAULT');
      await partitions.detach(day);
      expect((await states())[day.name]).toBe('detached');
    });

    it.each(['detached', 'detaching'] as const)('takes a day back that was left %s, with its rows', async (left) => {
      if (left === 'detached') await partitions.detach(day);
      else {
        const reader = await db.client();
        await reader.query('BEGIN');
        await reader.query('SELECT count(*) FROM traces');
        await partitions.detach(day, { ...RETRY, attempts: 1 }).catch(() => undefined);
        await reader.query('COMMIT');
      }
      expect((await states())[day.name]).toBe(left);
      expect(await partitions.ensure(DAY, DAY)).toEqual([day.name]);
      expect((await states())[day.name]).toBe('attached');
      expect(await db.database.query('SELECT trace_id FROM traces')).toHaveLength(2);
    });

    it('does not drop what is in use', async () => {
      expect(await db.database.transaction((transaction) => partitions.drop(day, transaction))).toBe(false);
      expect((await states())[day.name]).toBe('attached');
    });

    it('keeps the day when the transaction that drops it is undone', async () => {
      await partitions.detach(day);
      const undo = new Error('undo');
      const work = db.database.transaction(async (transaction) => {
        await partitions.drop(day, transaction);
        throw undo;
      });
      await expect(work).rejects.toBe(undo);
      expect((await states())[day.name]).toBe('detached');
    });
  });
});

describe('startOfDay', () => {
  it('is midnight UTC', () => {
    expect(startOfDay(DAY + DAY_MS - 1)).toBe(DAY);
  });
});

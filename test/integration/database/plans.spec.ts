/** Which statements keep their plans on a connection, and that what is set for them ends with their transaction. */
import { DataSource } from 'typeorm';
import { createReadPool, dataSourceOptions } from '../../../src/platform/database/data-source.js';
import { Database, type Sql } from '../../../src/platform/database/database.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';

/** After this many runs Postgres considers a plan for any values. */
const RUNS = 7;
const TEXT = 'SELECT count(*)::int AS found FROM things WHERE id = ANY($1::int[])';

describe('plans that are kept', () => {
  let test: TestDatabase;
  let dataSource: DataSource;
  let database: Database;

  beforeEach(async () => {
    test = await createTestDatabase();
    const settings = {
      url: test.url,
      // One connection, so that it is the same in each transaction.
      poolSize: 1,
      readPoolSize: 1,
      connectTimeoutMs: 10_000,
      queryTimeoutMs: 10_000,
      migrations: [],
      onPoolError: () => undefined,
    };
    dataSource = await new DataSource(dataSourceOptions(settings)).initialize();
    database = new Database(dataSource, createReadPool(settings));
    await database.query('CREATE TABLE things (id int PRIMARY KEY)');
    // Empty and known to be: a sequential scan is the cheapest plan now, and the worst one later.
    await database.query('VACUUM ANALYZE things');
  });
  afterEach(async () => {
    await dataSource.destroy();
    await database.onApplicationShutdown();
    await test.drop();
  });

  const kept = (): Promise<{ statement: string; generic: boolean }[]> =>
    database.query('SELECT statement, generic_plans > 0 AS generic FROM pg_prepared_statements');
  const seqscan = async (sql: Sql): Promise<string | undefined> =>
    (await sql.query<{ enable_seqscan: string }>('SHOW enable_seqscan'))[0]?.enable_seqscan;

  it('are made once for a transaction that asks for it, by indexes only', async () => {
    for (let run = 0; run < RUNS; run++)
      await database.transaction((transaction) => transaction.query(TEXT, [[run]]), { keepsPlans: true });
    expect(await kept()).toEqual([{ statement: TEXT, generic: true }]);
    await database.transaction(
      async (transaction) => {
        expect(await seqscan(transaction)).toBe('off');
      },
      { keepsPlans: true },
    );
    expect(await seqscan(database)).toBe('on');
    // What is kept was planned without sequential scans, and is used as it is.
    const [{ name } = { name: '' }] = await database.query<{ name: string }>(
      `SELECT name FROM pg_prepared_statements WHERE statement = '${TEXT}'`,
    );
    const plan = await database.query<{ 'QUERY PLAN': string }>(`EXPLAIN EXECUTE "${name}"('{1}')`);
    expect(plan.map((line) => line['QUERY PLAN']).join('\n')).toMatch(/Index/);
  });

  it('are not made for any other transaction', async () => {
    for (let run = 0; run < RUNS; run++)
      await database.transaction(async (transaction) => {
        expect(await seqscan(transaction)).toBe('on');
        await transaction.query(TEXT, [[run]]);
      });
    expect(await kept()).toEqual([]);
  });

  it('are made for a single statement that asks for it', async () => {
    for (let run = 0; run < RUNS; run++) expect(await database.queryPlanned(TEXT, [[run]])).toEqual([{ found: 0 }]);
    expect(await kept()).toEqual([{ statement: TEXT, generic: true }]);
  });
});

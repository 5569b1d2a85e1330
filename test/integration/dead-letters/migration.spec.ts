/** Migrations find dead letters of the release before, among them days that retention has only detached yet. */
import { DataSource } from 'typeorm';
import { migrations } from '../../../migrations/index.js';
import { DeadLetters1795000200000 } from '../../../migrations/1795000200000-dead-letters.js';
import { DeadLetterHeaders1795000300000 } from '../../../migrations/1795000300000-dead-letter-headers.js';
import { dataSourceOptions } from '../../../src/platform/database/data-source.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';

const DAYS = ['20260301', '20260302'] as const;

describe.each([
  [DeadLetters1795000200000, 'outcome'],
  [DeadLetterHeaders1795000300000, 'headers'],
])('%p, which adds %s,', (migration, column) => {
  let database: TestDatabase;
  let dataSource: DataSource;

  beforeAll(async () => {
    const before = migrations.slice(0, migrations.indexOf(migration));
    database = await createTestDatabase(before);
    dataSource = await new DataSource(
      dataSourceOptions({
        url: database.url,
        migrations: [...before, migration],
        poolSize: 2,
        readPoolSize: 1,
        connectTimeoutMs: 5_000,
        queryTimeoutMs: 30_000,
        onPoolError: () => undefined,
      }),
    ).initialize();
    for (const day of DAYS) {
      const next = `(timestamptz '${day} 00:00+00' + interval '1 day')`;
      const [{ to }] = await dataSource.query<[{ to: string }]>(`SELECT ${next}::text AS to`);
      await dataSource.query(
        `CREATE TABLE dead_letters_${day} PARTITION OF dead_letters FOR VALUES FROM ('${day} 00:00+00') TO ('${to}')`,
      );
      await dataSource.query(
        `INSERT INTO dead_letters (received_at, log, topic, "partition", "offset", reason, detail, size, sha256)
         VALUES ('${day} 12:00+00', 1, 't', 0, 1, 'not_json', 'x', 3, '\\x00')`,
      );
    }
    await dataSource.query('ALTER TABLE dead_letters DETACH PARTITION dead_letters_20260301');
  });
  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  it('keeps the rows, and a detached day can be attached again', async () => {
    await dataSource.runMigrations();
    await dataSource.query(
      `ALTER TABLE dead_letters ATTACH PARTITION dead_letters_20260301
       FOR VALUES FROM ('20260301 00:00+00') TO ('20260302 00:00+00')`,
    );
    expect(await dataSource.query(`SELECT state, ${column} FROM dead_letters`)).toEqual(
      DAYS.map(() => ({ state: 'new', [column]: null })),
    );
  });

  it('can be taken back and made again', async () => {
    await dataSource.undoLastMigration();
    expect(await dataSource.query('SELECT state FROM dead_letters')).toHaveLength(2);
    await expect(dataSource.query(`SELECT ${column} FROM dead_letters`)).rejects.toThrow(column);
    await dataSource.runMigrations();
    expect(await dataSource.query(`SELECT ${column} FROM dead_letters`)).toHaveLength(2);
  });
});

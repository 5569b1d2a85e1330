/** The migration meets domains with several projects in one region, of the release before. */
import { DataSource } from 'typeorm';
import { migrations } from '../../../migrations/index.js';
import { RegionsAndIdempotency1795000600000 } from '../../../migrations/1795000600000-regions-and-idempotency.js';
import { dataSourceOptions } from '../../../src/platform/database/data-source.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';

describe('the migration of projects', () => {
  let database: TestDatabase;
  let dataSource: DataSource;

  beforeAll(async () => {
    const before = migrations.slice(0, migrations.indexOf(RegionsAndIdempotency1795000600000));
    database = await createTestDatabase(before);
    dataSource = await new DataSource(
      dataSourceOptions({
        url: database.url,
        migrations: [...before, RegionsAndIdempotency1795000600000],
        poolSize: 2,
        readPoolSize: 1,
        connectTimeoutMs: 5_000,
        queryTimeoutMs: 30_000,
        onPoolError: () => undefined,
      }),
    ).initialize();
    await dataSource.query("INSERT INTO domains (id, name) VALUES ('a', 'a'), ('b', 'b')");
    await dataSource.query(
      `INSERT INTO projects (domain_id, id, name, region, created_at) VALUES
         ('a', 'a-late', 'late', 'r1', '2026-01-02'), ('a', 'a-first', 'first', 'r1', '2026-01-01'),
         ('a', 'a-other', 'other', 'r2', '2026-01-03'), ('b', 'b-only', 'only', 'r1', '2026-01-04')`,
    );
  });
  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  it('makes the first of a region its default project and the others parts of it, and can be undone', async () => {
    await dataSource.runMigrations();
    expect(await dataSource.query('SELECT id, parent_id FROM projects ORDER BY id')).toEqual([
      { id: 'a-first', parent_id: null },
      { id: 'a-late', parent_id: 'a-first' },
      { id: 'a-other', parent_id: null },
      { id: 'b-only', parent_id: null },
    ]);
    await expect(
      dataSource.query("INSERT INTO projects (domain_id, id, name, region) VALUES ('a', 'x', 'x', 'r1')"),
    ).rejects.toThrow('projects_of_region');
    await dataSource.undoLastMigration();
    await dataSource.runMigrations();
  });
});

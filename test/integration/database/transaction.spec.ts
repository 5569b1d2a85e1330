/** A transaction whose process is frozen must not hold up everybody else: Postgres ends it in time. */
import { openTestDatabase, type OpenDatabase, until } from '../retention/test-database.js';

describe('a transaction that its process does not go on with', () => {
  let db: OpenDatabase;
  beforeAll(async () => {
    db = await openTestDatabase();
  });
  afterAll(() => db.close());

  it.each([
    ['', 'SELECT 1'],
    ['after an error that was undone', 'SELECT 1 / 0'],
  ])(
    'is ended by Postgres %s',
    async (_, statement) => {
      let ended = false;
      const transaction = db.database.transaction(
        async (sql) => {
          const [own] = await sql.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
          await sql.savepoint(() => sql.query(statement)).catch(() => undefined);
          await until(async () => {
            const rows = await db.database.query('SELECT FROM pg_stat_activity WHERE pid = $1', [own?.pid]);
            return rows.length === 0;
          });
          ended = true;
        },
        { timeoutMs: 300 },
      );
      await expect(transaction).rejects.toThrow();
      expect(ended).toBe(true);
    },
    20_000,
  );
});

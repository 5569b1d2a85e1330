/**
 * While a release migrates, the one before still serves: its SQL, kept in test/cases/released-sql.json, has to work against the new
 * schema. Expand first; contract a release later (docs/operations.md, Upgrade). With a release the file is recorded anew.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { migrations } from '../../../migrations/index.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { ROOT } from '../../support/service.js';

const RELEASED = JSON.parse(readFileSync(join(ROOT, 'test/cases/released-sql.json'), 'utf8')) as {
  readonly release: string;
  readonly statements: readonly string[];
};

/** `COPY` cannot be prepared: what it reads or writes can. */
function preparable(statement: string): string {
  const [, table, columns] = /^COPY (\S+) ?\(([^)]+)\) FROM STDIN/i.exec(statement) ?? [];
  if (table !== undefined && columns !== undefined) return `SELECT ${columns} FROM ${table}`;
  return /^COPY \((.*)\) TO STDOUT/i.exec(statement)?.[1] ?? statement;
}

interface Written {
  readonly table: string;
  readonly columns: readonly string[];
}

/** The columns that a statement gives a new row of each table. */
function writtenBy(statement: string): Written[] {
  const found = [...statement.matchAll(/\b(?:INSERT INTO|^COPY) "?(\w+)"?(?: AS \w+)? ?\(([^)]+)\)/gi)];
  return found.map(([, table = '', columns = '']) => ({
    table,
    columns: columns.split(',').map((column) => column.trim().replaceAll('"', '')),
  }));
}

describe(`the SQL of release ${RELEASED.release}`, () => {
  let database: TestDatabase;
  let client: pg.Client;

  beforeAll(async () => {
    database = await createTestDatabase(migrations);
    client = new pg.Client({ connectionString: database.url });
    client.on('error', () => undefined);
    await client.connect();
  });
  afterAll(async () => {
    await client.end();
    await database.drop();
  });

  /** Statements that the schema, as it is now, refuses, with what it says. */
  async function refused(): Promise<string[]> {
    const faults: string[] = [];
    for (const statement of RELEASED.statements) {
      await client.query('SAVEPOINT one');
      try {
        await client.query(`PREPARE released AS ${preparable(statement)}`);
        await client.query('DEALLOCATE released');
      } catch (error) {
        faults.push(`${String(error)}: ${statement.slice(0, 300)}`);
      }
      await client.query('ROLLBACK TO one');
    }
    return faults;
  }

  /** `table.column` that a new row needs and a released statement does not give. */
  async function lacking(): Promise<string[]> {
    const { rows } = await client.query<{ table: string; column: string }>(
      `SELECT table_name AS table, column_name AS column FROM information_schema.columns
       WHERE table_schema = 'public' AND is_nullable = 'NO' AND column_default IS NULL
         AND is_identity = 'NO' AND is_generated = 'NEVER'`,
    );
    const needed = new Map<string, string[]>();
    for (const { table, column } of rows) needed.set(table, [...(needed.get(table) ?? []), column]);
    const missing = RELEASED.statements
      .flatMap(writtenBy)
      .flatMap(({ table, columns }) =>
        (needed.get(table) ?? []).filter((column) => !columns.includes(column)).map((column) => `${table}.${column}`),
      );
    return [...new Set(missing)].sort();
  }

  async function undone<T>(work: () => Promise<T>): Promise<T> {
    await client.query('BEGIN');
    try {
      return await work();
    } finally {
      await client.query('ROLLBACK');
    }
  }

  it('is there, and speaks of every table that is not only the new one’s', () => {
    expect(RELEASED.statements.length).toBeGreaterThan(100);
    const written = new Set(RELEASED.statements.flatMap(writtenBy).map(({ table }) => table));
    expect([...written]).toEqual(expect.arrayContaining(['traces', 'trace_outbox', 'users', 'policies']));
  });

  it('works against the schema of today', async () => {
    expect(await undone(refused)).toEqual([]);
    expect(await undone(lacking)).toEqual([]);
  });

  it('would not work against one that takes or asks for something', async () => {
    const renamed = await undone(async () => {
      await client.query('ALTER TABLE traces RENAME COLUMN trace_name TO name');
      return refused();
    });
    expect(renamed.length).toBeGreaterThan(0);
    const asked = await undone(async () => {
      await client.query('ALTER TABLE traces ADD COLUMN colour text NOT NULL');
      return lacking();
    });
    expect(asked).toEqual(['traces.colour']);
  });
});

import { randomBytes } from 'node:crypto';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrations } from '../../../migrations/index.js';
import { BootstrapService, EncryptionKeyCheck, rotateEncryptionKey } from '../../../src/identity/index.js';
import { ENCRYPTION_KEY_LOCK } from '../../../src/identity/encryption-check.store.js';
import { CHECK_TEXT } from '../../../src/identity/encryption-key.service.js';
import { MfaSeeds } from '../../../src/identity/mfa-seeds.service.js';
import {
  ENCRYPTION_CHECK_PURPOSE,
  readSealed,
  SEALED_COLUMNS,
  webhookSecretPurpose,
} from '../../../src/identity/sealed-columns.store.js';
import { SecretBox } from '../../../src/identity/secret-box.js';
import { ConfigError } from '../../../src/platform/config/load-config.js';
import { Database } from '../../../src/platform/database/database.js';
import { TraceRecorder } from '../../../src/traces/index.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { reaches } from '../../support/reaches.js';
import { openApp } from './harness.js';

const OLD = Buffer.alloc(32, 7);
const NEW = Buffer.alloc(32, 8);
const OTHER = Buffer.alloc(32, 9);

describe('the encryption key', () => {
  let database: TestDatabase;
  let dataDir: string;
  let apps: NestFastifyApplication[];
  let app: NestFastifyApplication;
  let db: Database;

  beforeEach(async () => {
    database = await createTestDatabase(migrations);
    dataDir = mkdtempSync(join(tmpdir(), 'quaestor-key-'));
    apps = [];
    app = await open(OLD);
    db = app.get(Database, { strict: false });
    await check(app).verify();
    const { credentials } = await app.get(BootstrapService, { strict: false }).run(join(dataDir, 'credentials.json'));
    const sealed = app.get(MfaSeeds, { strict: false }).seal('SEED', credentials.domain.id, credentials.user.id);
    await db.query('INSERT INTO mfa_devices (domain_id, user_id, name, seed_sealed) VALUES ($1, $2, $3, $4)', [
      credentials.domain.id,
      credentials.user.id,
      'phone',
      sealed,
    ]);
  });
  beforeEach(async () => {
    const [domainId, id] = ['d'.repeat(32), 'e'.repeat(32)];
    const sealed = ['present', 'former'].map((secret) =>
      new SecretBox(OLD).seal(secret, webhookSecretPurpose(domainId, id)),
    );
    await db.query(
      `INSERT INTO webhooks (domain_id, id, url, description, events, enabled, every_domain, secret_sealed, previous_secret_sealed)
       VALUES ($1, $2, 'https://hooks.example.org/', '', '{*}', true, false, $3, $4)`,
      [domainId, id, ...sealed],
    );
  });
  afterEach(async () => {
    await Promise.all(apps.map((opened) => opened.close()));
    await database.drop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  async function open(key: Buffer): Promise<NestFastifyApplication> {
    const opened = (await openApp(database.url, { DATA_DIR: dataDir }, undefined, [], key)).app;
    apps.push(opened);
    return opened;
  }
  const check = (of: NestFastifyApplication) => of.get(EncryptionKeyCheck, { strict: false });
  const rotate = (from: Buffer, to: Buffer) =>
    rotateEncryptionKey(db, app.get(TraceRecorder, { strict: false }), { from, to });
  /** How many sealed values the key opens, of how many. */
  async function openedBy(key: Buffer): Promise<[number, number]> {
    const box = new SecretBox(key);
    const values = await Promise.all(
      SEALED_COLUMNS.map(async (column) =>
        (await readSealed(column, db)).map(({ key: row, sealed }) => ({ sealed, purpose: column.purpose(row) })),
      ),
    );
    const all = values.flat();
    const opens = ({ sealed, purpose }: { sealed: Buffer; purpose: string }): boolean => {
      try {
        return box.open(sealed, purpose) !== '';
      } catch {
        return false;
      }
    };
    return [all.filter(opens).length, all.length];
  }

  it('is checked at every start, also on an installation from before there was a check', async () => {
    await expect(check(app).verify()).resolves.toBeUndefined();
    const stranger = await open(OTHER);
    for (const forget of [false, true]) {
      if (forget) await db.query('DELETE FROM encryption_check');
      const refused = check(stranger).claim();
      await expect(refused).rejects.toThrow(ConfigError);
      await expect(refused).rejects.toThrow(/ENCRYPTION_KEY: is not the key/);
    }
    expect(await db.query('SELECT 1 FROM encryption_check')).toEqual([]);
    await check(app).verify();
    expect(await openedBy(OLD)).toEqual([6, 6]);
  });

  it('seals every sealed column of the schema', async () => {
    const columns = await db.query<{ name: string }>(
      `SELECT table_name || '.' || column_name AS name FROM information_schema.columns
       WHERE table_schema = 'public' AND data_type = 'bytea' AND column_name LIKE '%sealed%' ORDER BY 1`,
    );
    expect(columns.map(({ name }) => name)).toEqual(
      SEALED_COLUMNS.map(({ table, column }) => `${table}.${column}`).sort(),
    );
  });

  it('is exchanged as a whole, once, and told in a trace', async () => {
    await expect(rotate(OLD, NEW)).resolves.toEqual({
      outcome: 'rotated',
      resealed: { access_keys: 1, signing_keys: 1, mfa_devices: 1, webhooks: 2, encryption_check: 1 },
    });
    expect(await openedBy(NEW)).toEqual([6, 6]);
    expect(await openedBy(OLD)).toEqual([0, 6]);
    await expect(check(app).verify()).rejects.toThrow(/ENCRYPTION_KEY/);
    await expect(check(await open(NEW)).verify()).resolves.toBeUndefined();
    // After a crash between the commit and what follows it, the same command finds it done.
    await expect(rotate(OLD, NEW)).resolves.toMatchObject({ outcome: 'already' });
    const traces = await db.query<{ payload: string }>('SELECT payload FROM trace_outbox ORDER BY created_at');
    expect(JSON.parse(traces.at(-1)?.payload ?? '')).toMatchObject({ trace_name: 'rotateEncryptionKey' });
  });

  it.each<[string, Buffer, Buffer, RegExp]>([
    ['with a former key that is not the one', OTHER, NEW, /is not the one that this database was sealed with/],
    ['to the key in use', OLD, OLD, /is the one in use/],
  ])('is not exchanged %s', async (_, from, to, reason) => {
    await expect(rotate(from, to)).rejects.toThrow(reason);
    expect(await openedBy(OLD)).toEqual([6, 6]);
  });

  it('stays as it was when the exchange breaks in the middle, or meets a value it cannot open', async () => {
    await db.query(
      `CREATE FUNCTION crash() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'crash'; END $$`,
    );
    await db.query('CREATE TRIGGER crash BEFORE UPDATE ON mfa_devices FOR EACH ROW EXECUTE FUNCTION crash()');
    await expect(rotate(OLD, NEW)).rejects.toThrow('crash');
    expect(await openedBy(OLD)).toEqual([6, 6]);
    await db.query('DROP TRIGGER crash ON mfa_devices');
    await db.query('UPDATE mfa_devices SET seed_sealed = $1', [randomBytes(40)]);
    await expect(rotate(OLD, NEW)).rejects.toThrow(/^mfa_devices:.* cannot be opened with the former key$/);
    expect(await openedBy(OLD)).toEqual([5, 6]);
  });

  it('is not exchanged while any process works under it, also one that lost its connection meanwhile', async () => {
    const serving = await open(OLD);
    await check(serving).claim();
    await expect(rotate(OLD, NEW)).rejects.toThrow(/stop all of them first/);
    const holders = () =>
      db.query<{ pid: number }>(
        `SELECT l.pid FROM pg_locks l JOIN pg_database d ON d.oid = l.database
         WHERE l.locktype = 'advisory' AND l.mode = 'ShareLock' AND l.granted AND d.datname = current_database()`,
      );
    const [first] = await holders();
    await db.query('SELECT pg_terminate_backend($1)', [first?.pid]);
    await reaches('the lock is held again', holders, ([holder]) => holder !== undefined && holder.pid !== first?.pid);
    await expect(rotate(OLD, NEW)).rejects.toThrow(/stop all of them first/);
    await serving.close();
    await reaches('the lock is free', holders, (rows) => rows.length === 0);
    await expect(rotate(OLD, NEW)).resolves.toMatchObject({ outcome: 'rotated' });
  });

  it('ends a process under which it was exchanged, while that had lost its connection', async () => {
    const serving = await open(OLD);
    await check(serving).claim();
    const kill = jest.spyOn(process, 'kill').mockReturnValue(true);
    try {
      await db.withConnection(async (sql) => {
        const alone = sql.query('SELECT pg_advisory_lock($1)', [ENCRYPTION_KEY_LOCK]);
        await db.query(
          "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ShareLock' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
        );
        await alone;
        const sealed = new SecretBox(NEW).seal(CHECK_TEXT, ENCRYPTION_CHECK_PURPOSE);
        await sql.query('UPDATE encryption_check SET sealed = $1', [sealed]);
        await sql.query('SELECT pg_advisory_unlock($1)', [ENCRYPTION_KEY_LOCK]);
      });
      await reaches(
        'the process ends itself',
        () => kill.mock.calls.length,
        (calls) => calls === 1,
      );
      expect(kill).toHaveBeenCalledWith(process.pid, 'SIGTERM');
    } finally {
      kill.mockRestore();
    }
  });
});

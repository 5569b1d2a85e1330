/** The embedded Postgres from every state in which an earlier run can leave its directory. */
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../../src/embedded/postgres.js';
import { expectEnd, killHard, type Parent, startParent } from './processes.js';

let dataDir: string;
const running: EmbeddedPostgres[] = [];
const parents: Parent[] = [];

beforeAll(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'quaestor postgres '));
});
afterEach(async () => {
  for (const parent of parents.splice(0)) parent.child.kill('SIGKILL');
  for (const postgres of running.splice(0)) await postgres.stop();
});
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

async function start(log?: (line: string) => void): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres({ dataDir, log });
  running.push(postgres);
  return postgres;
}

async function parentWith(...args: string[]): Promise<Parent> {
  const parent = await startParent('postgres', dataDir, ...args);
  parents.push(parent);
  return parent;
}

async function query<T extends pg.QueryResultRow>(url: string, sql: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<T>(sql)).rows;
  } finally {
    await client.end();
  }
}

const keptRows = (url: string): Promise<{ n: number }[]> => query(url, 'SELECT n FROM kept ORDER BY n');

describe('a new data directory, in a path with a space', () => {
  it('gives Postgres 18 in UTF-8 and UTC that trusts nobody without the password, which only we can read', async () => {
    const { url } = await start();
    const [settings] = await query(
      url,
      `SELECT current_setting('server_version_num')::int / 10000 AS major, current_setting('server_encoding') AS encoding,
         current_setting('timezone') AS zone, current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit,
         (SELECT datcollate FROM pg_database WHERE datname = current_database()) AS collation`,
    );
    expect(settings).toEqual({ major: 18, encoding: 'UTF8', zone: 'UTC', fsync: 'on', commit: 'on', collation: 'C' });
    await expect(query(url.replace(/:[^:@]+@/, ':guess@'), 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
    expect(statSync(join(dataDir, 'postgres.password')).mode & 0o777).toBe(0o600);
    expect(statSync(join(dataDir, 'postgres.log')).mode & 0o777).toBe(0o600);
    await query(url, 'CREATE TABLE kept (n int); INSERT INTO kept VALUES (1)');
  });

  it('keeps its data over a stop, after which no process is left', async () => {
    const first = await start();
    await first.stop();
    await first.stop();
    await expectEnd(first.pid);
    const second = await start();
    expect(await keptRows(second.url)).toEqual([{ n: 1 }]);
  });

  it('serves one at a time', async () => {
    const { url } = await start();
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toThrow(`in use by process ${process.pid}`);
    await expect(startParent('postgres', dataDir)).rejects.toThrow(`in use by process ${process.pid}`);
    expect(await keptRows(url)).toEqual([{ n: 1 }]);
  });

  it('never writes a value of a failing statement to its log', async () => {
    const { url } = await start();
    await query(url, 'CREATE TABLE secrets (word text PRIMARY KEY)');
    await query(url, "INSERT INTO secrets VALUES ('opensesame')");
    await expect(query(url, "INSERT INTO secrets VALUES ('opensesame')")).rejects.toMatchObject({ code: '23505' });
    const log = readFileSync(join(dataDir, 'postgres.log'), 'utf8');
    expect(log).toContain('secrets_pkey');
    expect(log).not.toContain('opensesame');
  });
});

describe('after a kill -9', () => {
  it('of the postmaster: says so, can be stopped, and the next start recovers', async () => {
    const postgres = await start();
    await query(postgres.url, 'INSERT INTO kept VALUES (2)');
    process.kill(postgres.pid, 'SIGKILL');
    await postgres.exited;
    await postgres.stop();
    expect(existsSync(join(dataDir, 'postgres', 'postmaster.pid'))).toBe(true);
    expect(await keptRows((await start()).url)).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it('of its parent: Postgres ends as well', async () => {
    const parent = await parentWith();
    await killHard(parent);
    await expectEnd(parent.started.pid);
    expect(await keptRows((await start()).url)).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it('of its parent, again and again at once: the next start finds its data', async () => {
    for (let round = 0; round < 3; round++) await killHard(await parentWith());
    expect(await keptRows((await start()).url)).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it('of a parent without a watchdog: the next start ends the orphan first, and stops its own at the end', async () => {
    const parent = await parentWith('outlive');
    await killHard(parent);
    await query(parent.started.url, 'INSERT INTO kept VALUES (3)');
    const lines: string[] = [];
    const postgres = await start((line) => lines.push(line));
    await expectEnd(parent.started.pid);
    expect(lines.join('\n')).toContain(`left behind (process ${parent.started.pid})`);
    expect(await keptRows(postgres.url)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
    await postgres.stop();
    await expectEnd(postgres.pid);
  });

  it('of a parent in the middle of the first start: the next one begins anew', async () => {
    const fresh = join(dataDir, 'interrupted');
    const child = spawn(process.execPath, [join(__dirname, 'parent.cjs'), 'postgres', fresh], { stdio: 'ignore' });
    const deadline = Date.now() + 20_000;
    const isInitializing = (): boolean =>
      existsSync(fresh) && readdirSync(fresh).some((name) => name.startsWith('postgres.init-'));
    while (!isInitializing() && Date.now() < deadline) await new Promise(setImmediate);
    expect(isInitializing()).toBe(true);
    child.kill('SIGKILL');
    await expectEnd(child.pid);
    const postgres = await startEmbeddedPostgres({ dataDir: fresh });
    running.push(postgres);
    expect(await query(postgres.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});

describe('what else may lie in the directory', () => {
  const pidFile = (): string => join(dataDir, 'postgres', 'postmaster.pid');

  it('a pid file whose number now belongs to another process, which is left alone', async () => {
    const stranger = spawn('/bin/sh', ['-c', 'read -r line'], { stdio: ['pipe', 'ignore', 'ignore'] });
    try {
      writeFileSync(
        pidFile(),
        `${stranger.pid}\n${join(dataDir, 'postgres')}\n1700000000\n5432\n\n127.0.0.1\n 1 1\nready\n`,
      );
      expect(await keptRows((await start()).url)).toHaveLength(3);
      expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
    } finally {
      stranger.kill('SIGKILL');
    }
  });

  it('an empty pid file', async () => {
    writeFileSync(pidFile(), '');
    expect(await keptRows((await start()).url)).toHaveLength(3);
  });

  it('the lock of a process that is gone', async () => {
    writeFileSync(join(dataDir, 'postgres.lock'), JSON.stringify({ pid: process.pid, startedAt: 'another time' }));
    expect(await keptRows((await start()).url)).toHaveLength(3);
  });

  it('a half-made cluster, which is moved aside', async () => {
    const half = join(dataDir, 'half made');
    mkdirSync(join(half, 'postgres', 'base'), { recursive: true });
    writeFileSync(join(half, 'postgres', 'PG_VERSION'), '18\n');
    mkdirSync(join(half, 'postgres.init-1-dead', 'data'), { recursive: true });
    const postgres = await startEmbeddedPostgres({ dataDir: half });
    running.push(postgres);
    expect(await query(postgres.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    const names = readdirSync(half);
    expect(names.filter((name) => name.startsWith('postgres.incomplete-'))).toHaveLength(1);
    expect(names.filter((name) => name.startsWith('postgres.init-'))).toEqual([]);
  });

  it('a cluster without its password: the message says which file is missing', async () => {
    const lost = join(dataDir, 'lost');
    const postgres = await startEmbeddedPostgres({ dataDir: lost });
    await postgres.stop();
    rmSync(join(lost, 'postgres.password'));
    await expect(startEmbeddedPostgres({ dataDir: lost })).rejects.toThrow(join(lost, 'postgres.password'));
  });
});

const asRoot = process.getuid?.() === 0 ? describe : describe.skip;
asRoot('as root', () => {
  it('runs Postgres as somebody else', async () => {
    const { pid } = await start();
    expect(statSync(`/proc/${pid}`).uid).not.toBe(0);
  });

  it('names the folder that is closed to others', async () => {
    const closed = join(dataDir, 'closed');
    mkdirSync(closed, { mode: 0o700 });
    const inside = join(closed, 'data');
    await expect(startEmbeddedPostgres({ dataDir: inside })).rejects.toThrow(`chmod o+x '${closed}'`);
  });
});

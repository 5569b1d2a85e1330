import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { migrations } from '../../../migrations/index.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { reaches } from '../../support/reaches.js';
import { openQuotas, type OpenQuotas } from './open-quotas.js';

const ROUNDS = 1_000;
/** How many of them are under way in one process when it is killed. */
const AT_ONCE = 50;
const LIMIT = 600;
const DOMAIN = 'd1';
const CALLER = { domainId: DOMAIN, userId: 'registry', userName: 'registry' };
const SCOPE = { kind: 'project', projectId: '', id: 'p1' } as const;

const hash = (text: string) => createHash('sha256').update(text).digest();
const askOf = (round: number) => {
  const key = `round-${String(round)}`;
  const item = { quotaKey: 'robot', scope: SCOPE, amount: 1, resourceName: null, space: 'project/p1', region: '' };
  return { domainId: DOMAIN, caller: CALLER, items: [item], ttlMs: 600_000, idempotency: { key, sha256: hash(key) } };
};

interface Told {
  readonly id?: string;
  readonly ready?: boolean;
  readonly outcome?: { readonly outcome: string; readonly id?: string };
  readonly error?: string;
}

/** A process that answers until it is killed. */
class Worker {
  readonly answers = new Map<string, Told>();
  ready = false;
  private constructor(private readonly child: ChildProcess) {
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const told = JSON.parse(line) as Told;
      if (told.ready === true) this.ready = true;
      else this.answers.set(String(told.id), told);
    });
    child.stdin!.on('error', () => undefined);
  }
  static async start(url: string): Promise<Worker> {
    const child = spawn(process.execPath, [join(__dirname, 'worker.cjs'), url], { stdio: ['pipe', 'pipe', 'inherit'] });
    const worker = new Worker(child);
    await reaches('the worker is ready, or ended', () => worker.ready || child.exitCode !== null, Boolean, 60_000);
    return worker;
  }
  send(line: object): void {
    this.child.stdin!.write(`${JSON.stringify(line)}\n`);
  }
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await once(this.child, 'close');
  }
}

describe('crashes', () => {
  let database: TestDatabase;
  let quotas: OpenQuotas;
  beforeAll(async () => {
    database = await createTestDatabase(migrations);
    quotas = await openQuotas(database.url);
    await quotas.database.query(
      `INSERT INTO quota_definitions (quota_key, version, document)
       SELECT 'robot', 1, document || '{"key":"robot","scope_kind":"project","mode":"enforce","default_limit":${String(LIMIT)},"traces":[],"name_rule":"any"}'
       FROM quota_definitions WHERE quota_key = 'repo'`,
    );
    await quotas.database.query('UPDATE quota_catalogue SET revision = revision + 1');
  });
  afterAll(async () => {
    await quotas.close();
    await database.drop();
  });

  const tally = async () => {
    const [row] = await quotas.database.query<Record<string, string>>(
      `SELECT (SELECT count(*) FROM quota_reservations) AS reservations,
              (SELECT count(*) FROM quota_reservation_items WHERE state = 'held') AS held,
              (SELECT count(*) FROM quota_ledger WHERE live) AS live,
              (SELECT count(*) FROM quota_idempotency) AS remembered,
              used, reserved FROM quota_counters WHERE scope = 'project/p1'`,
    );
    return Object.fromEntries(Object.entries(row ?? {}).map(([name, value]) => [name, Number(value)]));
  };

  it(`grants each of ${String(ROUNDS)} keys once, though every process that answers them is killed, and never beyond the limit`, async () => {
    const finished = new Map<number, string>();
    let [kills, unanswered] = [0, 0];
    let next = await Worker.start(database.url);
    for (let first = 0; first < ROUNDS; first += AT_ONCE) {
      const rounds = Array.from({ length: AT_ONCE }, (_, index) => first + index);
      const worker = next;
      const following = Worker.start(database.url);
      for (const round of rounds) worker.send({ id: String(round), op: 'reserve', ask: wire(round) });
      // Anywhere from before the first statement to after the last commit.
      await new Promise((resolve) => setTimeout(resolve, (kills * 7) % 29));
      await worker.kill();
      kills += 1;
      unanswered += rounds.filter((round) => !worker.answers.has(String(round))).length;
      next = await following;
      const again = next;
      for (const round of rounds) again.send({ id: String(round), op: 'reserve', ask: wire(round) });
      await reaches('all are answered', () => rounds.every((round) => again.answers.has(String(round))), Boolean);
      for (const round of rounds) {
        const told = again.answers.get(String(round))?.outcome;
        const before = worker.answers.get(String(round))?.outcome;
        // What was answered before the crash is answered so again.
        if (before !== undefined) expect(told).toEqual(before);
        finished.set(round, told?.outcome === 'granted' ? String(told.id) : String(told?.outcome));
      }
      const { reserved, held } = await tally();
      expect(reserved).toBe(held);
      expect(reserved).toBeLessThanOrEqual(LIMIT);
    }
    await next.kill();
    const granted = [...finished.values()].filter((id) => id.endsWith(`.${DOMAIN}`));
    expect(granted).toHaveLength(LIMIT);
    expect(new Set(granted).size).toBe(LIMIT);
    expect(await tally()).toEqual({
      reservations: LIMIT,
      held: LIMIT,
      live: 0,
      remembered: ROUNDS,
      used: 0,
      reserved: LIMIT,
    });
    expect(kills).toBe(ROUNDS / AT_ONCE);
    // Otherwise nothing was interrupted, and the test showed nothing.
    expect(unanswered).toBeGreaterThan(AT_ONCE);
  }, 300_000);

  it('commits each once, though the process is killed meanwhile', async () => {
    const ids = (await quotas.database.query<{ id: string }>('SELECT id FROM quota_reservations LIMIT 120')).map(
      ({ id }) => id,
    );
    for (let first = 0; first < ids.length; first += 40) {
      const worker = await Worker.start(database.url);
      for (const id of ids.slice(first, first + 40))
        worker.send({ id, op: 'commit', domainId: DOMAIN, reservationId: id });
      await reaches(
        'some are committed',
        () => worker.answers.size,
        (size) => size >= 3,
      );
      await worker.kill();
      const { live, used, held, reserved } = await tally();
      expect([used, reserved]).toEqual([live, held]);
    }
    await Promise.all(ids.map((id) => quotas.end.commit(DOMAIN, id)));
    expect(await tally()).toMatchObject({ live: 120, used: 120, reserved: LIMIT - 120 });
  }, 120_000);

  function wire(round: number) {
    const ask = askOf(round);
    return { ...ask, idempotency: { key: ask.idempotency.key, sha256: ask.idempotency.sha256.toString('hex') } };
  }
});

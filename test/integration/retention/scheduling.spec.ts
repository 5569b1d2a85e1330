import { Logger } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Metrics } from '../../../src/platform/metrics/metrics.js';
import { JobAborted, type JobDescriptor } from '../../../src/platform/scheduling/job.js';
import { JobMetrics } from '../../../src/platform/scheduling/job-metrics.js';
import { JobScheduler } from '../../../src/platform/scheduling/job-scheduler.js';
import { LeaseStore } from '../../../src/platform/scheduling/lease.store.js';
import { type OpenDatabase, openTestDatabase, until } from './test-database.js';

const TIMING = { leaseMs: 600, stopWaitMs: 400 };

describe('scheduled jobs', () => {
  let db: OpenDatabase;
  let leases: LeaseStore;
  let running: JobScheduler[] = [];
  let serial = 0;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    db = await openTestDatabase();
    leases = new LeaseStore(db.database);
  });
  afterEach(async () => {
    await Promise.all(running.map((scheduler) => scheduler.beforeApplicationShutdown()));
    running = [];
  });
  afterAll(() => db.close());

  const process = (roles: ('api' | 'ingest' | 'jobs')[] = ['jobs'], timing = TIMING) => {
    const metrics = new Metrics();
    const scheduler = new JobScheduler(
      { ROLES: roles },
      timing,
      new SchedulerRegistry(),
      leases,
      new JobMetrics(metrics),
    );
    running.push(scheduler);
    return { scheduler, metrics };
  };
  const job = (given: Partial<JobDescriptor> & Pick<JobDescriptor, 'run'>): JobDescriptor => ({
    name: `job-${String(serial++)}`,
    intervalMs: 40,
    timeoutMs: 10_000,
    runAtStart: true,
    ...given,
  });
  const untilAborted = (signal: AbortSignal) =>
    new Promise<void>((_, reject) => {
      signal.addEventListener('abort', () => {
        reject(signal.reason as Error);
      });
    });
  const counted = (count: () => unknown) => () => {
    count();
    return Promise.resolve();
  };
  const reasonOf = (reason: unknown) => (reason instanceof JobAborted ? reason.why : reason);

  it('run in one of two processes, and in the other once the first has stopped', async () => {
    const runs = [0, 0];
    const [first, second] = [process(), process()];
    const name = `job-${String(serial++)}`;
    [first, second].forEach(({ scheduler }, at) => {
      scheduler.register(job({ name, run: counted(() => (runs[at] = (runs[at] ?? 0) + 1)) }));
      scheduler.onApplicationBootstrap();
    });
    await until(() => Math.max(...runs) >= 8);
    expect(Math.min(...runs)).toBe(0);
    const holder = runs[0] === 0 ? 1 : 0;
    const [stopped, other] = holder === 0 ? [first, second] : [second, first];
    expect(await stopped.metrics.text()).toContain(`quaestor_job_lease_held{job="${name}"} 1`);
    expect(await other.metrics.text()).toContain(`quaestor_job_lease_held{job="${name}"} 0`);
    await stopped.scheduler.beforeApplicationShutdown();
    const before = runs[holder];
    await until(() => (runs[1 - holder] ?? 0) >= 3);
    expect(runs[holder]).toBe(before);
  });

  it('are taken over from a process that died without a word, when its lease is over', async () => {
    const started: number[] = [];
    const descriptor = job({ run: counted(() => started.push(Date.now())) });
    expect(await leases.acquire(descriptor.name, 'dead', 500)).not.toBeNull();
    const { scheduler } = process();
    scheduler.register(descriptor);
    scheduler.onApplicationBootstrap();
    await until(() => started.length > 0);
    const [row] = await db.database.query<{ fence: string; holder: string }>(
      'SELECT fence, holder FROM job_leases WHERE name = $1',
      [descriptor.name],
    );
    expect(row?.fence).toBe('2');
    expect(row?.holder).not.toBe('dead');
  });

  it('never overlap with themselves', async () => {
    let inHand = 0;
    let most = 0;
    let ended = 0;
    const descriptor = job({
      intervalMs: 20,
      run: async () => {
        most = Math.max(most, ++inHand);
        await db.database.query('SELECT pg_sleep(0.1)');
        inHand--;
        ended++;
      },
    });
    const { scheduler } = process();
    scheduler.register(descriptor);
    scheduler.onApplicationBootstrap();
    await until(() => ended >= 4);
    expect(most).toBe(1);
  });

  it('go on after a run that failed, which is counted', async () => {
    let runs = 0;
    const descriptor = job({ run: () => (++runs === 1 ? Promise.reject(new Error('broken')) : Promise.resolve()) });
    const { scheduler, metrics } = process();
    scheduler.register(descriptor);
    scheduler.onApplicationBootstrap();
    await until(() => runs >= 3);
    const text = await metrics.text();
    expect(text).toContain(`quaestor_job_runs_total{job="${descriptor.name}",outcome="failed"} 1`);
    expect(text).toMatch(new RegExp(`quaestor_job_runs_total\\{job="${descriptor.name}",outcome="done"\\} [1-9]`));
    expect(text).toContain(`quaestor_job_duration_seconds_count{job="${descriptor.name}"}`);
  });

  it('are told to stop when they take too long', async () => {
    const reasons: unknown[] = [];
    const descriptor = job({
      timeoutMs: 50,
      run: (signal) => untilAborted(signal).catch((error: unknown) => void reasons.push(reasonOf(error))),
    });
    const { scheduler, metrics } = process();
    scheduler.register(descriptor);
    scheduler.onApplicationBootstrap();
    await until(() => reasons.length >= 2);
    expect(new Set(reasons)).toEqual(new Set(['timeout']));
    await until(async () => (await metrics.text()).includes(`job="${descriptor.name}",outcome="aborted"}`));
  });

  it('are told to stop when the lease is lost to another', async () => {
    const reasons: unknown[] = [];
    let started = false;
    const descriptor = job({
      run: (signal) => {
        started = true;
        return untilAborted(signal).catch((error: unknown) => void reasons.push(reasonOf(error)));
      },
    });
    const { scheduler, metrics } = process();
    scheduler.register(descriptor);
    scheduler.onApplicationBootstrap();
    await until(() => started);
    await db.database.query(
      `UPDATE job_leases SET holder = 'other', fence = fence + 1, expires_at = now() + interval '1 hour' WHERE name = $1`,
      [descriptor.name],
    );
    await until(() => reasons.length > 0);
    expect(reasons).toEqual(['lease_lost']);
    expect(await metrics.text()).toContain(`quaestor_job_lease_held{job="${descriptor.name}"} 0`);
  });

  it('keep their lease during a run that is longer than it', async () => {
    let runs = 0;
    const descriptor = job({
      run: async () => {
        runs++;
        await db.database.query('SELECT pg_sleep(1.2)');
      },
    });
    const [first, second] = [process(), process()];
    for (const { scheduler } of [first, second]) {
      scheduler.register(descriptor);
      scheduler.onApplicationBootstrap();
    }
    await until(() => runs >= 2);
    const [row] = await db.database.query<{ fence: string }>('SELECT fence FROM job_leases WHERE name = $1', [
      descriptor.name,
    ]);
    expect(row?.fence).toBe('1');
  });

  it('survive a database that does not answer: no run while the lease is in doubt, and on again after it', async () => {
    let runs = 0;
    const descriptor = job({ run: counted(() => runs++) });
    const { scheduler, metrics } = process();
    scheduler.register(descriptor);
    scheduler.onApplicationBootstrap();
    await until(() => runs >= 1);
    const outage = jest.spyOn(leases, 'renew').mockRejectedValue(new Error('Connection terminated unexpectedly'));
    const acquire = jest.spyOn(leases, 'acquire').mockRejectedValue(new Error('Connection terminated unexpectedly'));
    await until(async () => (await metrics.text()).includes(`quaestor_job_lease_held{job="${descriptor.name}"} 0`));
    const during = runs;
    await until(() => acquire.mock.calls.length >= 3);
    expect(runs).toBe(during);
    outage.mockRestore();
    acquire.mockRestore();
    await until(() => runs > during);
    expect(await metrics.text()).toMatch(
      new RegExp(`quaestor_job_lease_errors_total\\{job="${descriptor.name}"\\} [1-9]`),
    );
  });

  it('are waited for at a stop, and aborted when that takes too long', async () => {
    const log: string[] = [];
    let release: () => void = () => undefined;
    const patient = job({
      run: () =>
        new Promise<void>((resolve) => {
          log.push('patient started');
          release = () => {
            log.push('patient ended');
            resolve();
          };
        }),
    });
    const stubborn = job({
      run: (signal) => {
        log.push('stubborn started');
        return untilAborted(signal).catch((error: unknown) => void log.push(`stubborn ${String(reasonOf(error))}`));
      },
    });
    const { scheduler } = process();
    scheduler.register(patient);
    scheduler.register(stubborn);
    scheduler.onApplicationBootstrap();
    await until(() => log.length >= 2);
    const stopped = scheduler.beforeApplicationShutdown().then(() => log.push('stopped'));
    release();
    await stopped;
    expect(log.slice(2)).toEqual(['patient ended', 'stubborn stopping', 'stopped']);
    const left = await db.database.query('SELECT name FROM job_leases WHERE name = ANY($1) AND expires_at > now()', [
      [patient.name, stubborn.name],
    ]);
    expect(left).toEqual([]);
  });

  it('do nothing without the role', async () => {
    const run = jest.fn(() => Promise.resolve());
    const [idle, working] = [process(['api', 'ingest']), process()];
    const descriptor = job({ run });
    idle.scheduler.register(descriptor);
    idle.scheduler.onApplicationBootstrap();
    let runs = 0;
    working.scheduler.register({ ...descriptor, run: counted(() => runs++) });
    working.scheduler.onApplicationBootstrap();
    await until(() => runs >= 5);
    expect(run).not.toHaveBeenCalled();
  });

  it('have names of their own', () => {
    const { scheduler } = process();
    const descriptor = job({ run: () => Promise.resolve() });
    scheduler.register(descriptor);
    expect(() => {
      scheduler.register(descriptor);
    }).toThrow(/two jobs/);
  });
});

describe('LeaseStore', () => {
  let db: OpenDatabase;
  let leases: LeaseStore;

  beforeAll(async () => {
    db = await openTestDatabase();
    leases = new LeaseStore(db.database);
  });
  afterAll(() => db.close());

  it('gives a lease to one of many who ask at once', async () => {
    const got = await Promise.all(Array.from({ length: 6 }, (_, n) => leases.acquire('one', `h${String(n)}`, 60_000)));
    expect(got.filter((lease) => lease !== null)).toHaveLength(1);
  });

  it('lets the holder renew and release it, nobody else, and raises the fence each time', async () => {
    const first = await leases.acquire('fence', 'a', 60_000);
    if (first === null) throw new Error('not acquired');
    expect(first.fence).toBe(1n);
    expect(await leases.acquire('fence', 'b', 60_000)).toBeNull();
    expect(await leases.renew(first, 60_000)).toBe(true);
    await leases.release({ ...first, fence: 7n });
    expect(await leases.acquire('fence', 'b', 60_000)).toBeNull();
    await leases.release(first);
    const second = await leases.acquire('fence', 'b', 60_000);
    expect(second?.fence).toBe(2n);
    expect(await leases.renew(first, 60_000)).toBe(false);
    await leases.release(first);
    expect(await leases.acquire('fence', 'a', 60_000)).toBeNull();
  });

  it('renews nothing that is over, even if nobody else took it', async () => {
    const lease = await leases.acquire('over', 'a', -1);
    if (lease === null) throw new Error('not acquired');
    expect(await leases.renew(lease, 60_000)).toBe(false);
  });
});

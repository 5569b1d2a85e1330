/** The disk of Postgres is full: a file system of its own, small, that a ballast file fills to the last byte. */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { systemCode } from '../../src/embedded/processes.js';
import { reaches } from '../support/reaches.js';
import { type Service } from '../support/service.js';
import { brokenBy, foundBy } from './audit.js';
import type { Fault, Outcome } from './fault.js';
import type { Stage } from './stage.js';
import { countsOf, inBackground, notPossible, onStage, readyOf, told } from './trial.js';

const DISK_MIB = 400;
/** So that what waits for the disk stays below what the embedded broker keeps. */
const RATE = 200;
const REFILL_MS = 100;
const FULL_LIMIT_MS = 90_000;

export const diskFull: Fault = {
  number: 6,
  name: 'the disk of Postgres is full while traces stream in, first for its tables, then for its WAL',
  play: async (options) => {
    const disk = SmallDisk.mount();
    if (typeof disk === 'string') return notPossible(disk);
    try {
      return await onStage((stage) => play(stage, disk, options), { dataDir: disk.dataDir });
    } finally {
      disk.unmount();
    }
  },
};

async function play(
  stage: Stage,
  disk: SmallDisk,
  { short, seed }: { short: boolean; seed: number },
): Promise<Outcome> {
  const service = await stage.start();
  const stream = inBackground(stage.stream({ traces: short ? 6_000 : 14_000, rate: RATE, seed }));
  await stage.storesMoreThan(500);
  const ready: string[] = [];
  const came: string[] = [];
  for (const what of ['tables', 'WAL'] as const) {
    const before = await waitsOf(service);
    await disk.whileFull(async () => {
      const until = performance.now() + (short ? 4_000 : 15_000);
      await reaches(
        'ingest waits for the disk',
        async () => {
          // Ends the segment at hand, so that another has to be made: without room Postgres panics.
          if (what === 'WAL') await stage.query('SELECT pg_switch_wal()').catch(() => undefined);
          return waitsOf(service);
        },
        (waits) => sumOf(waits) > sumOf(before),
        FULL_LIMIT_MS,
      );
      await pause(Math.max(0, until - performance.now()));
      const { status, body } = await service.call<{ checks: { database: string } }>('GET', '/readyz');
      ready.push(`${what}: ${String(status)} database ${body.checks.database}`);
    });
    came.push(`${what}: ${await stage.postgresAnswers()}`);
    await reaches('the service is ready again', () => readyOf(service), Boolean, 60_000);
    await stage.storesMoreThan((await stage.storedIds()).size);
  }
  const sent = await stream;
  const audit = await stage.audit(sent);
  const waits = await waitsOf(service);
  return {
    sent: `${told(sent, stage)}, on a disk of ${String(DISK_MIB)} MiB, filled twice`,
    found: `${foundBy(audit)}; waits of ingest by cause: ${[...waits].map(([cause, count]) => `${cause} ${String(count)}`).join(', ')}; readyz while full: ${ready.join(', ')}; Postgres came back: ${came.join(', ')}`,
    broken: brokenBy(audit) ?? (waits.has('53100') ? null : 'no wait for the disk was told in the metrics'),
  };
}

const waitsOf = (service: Service) => countsOf(service, 'quaestor_ingest_waits_total', 'cause');
const sumOf = (waits: ReadonlyMap<string, number>): number =>
  [...waits.values()].reduce((sum, count) => sum + count, 0);

class SmallDisk {
  private constructor(private readonly mountPoint: string) {}

  /** The reason where it cannot be mounted: that takes root, on Linux, outside most containers. */
  static mount(): SmallDisk | string {
    const mountPoint = mkdtempSync(join(tmpdir(), 'quaestor-disk-'));
    try {
      const options = `size=${String(DISK_MIB)}m,mode=0755`;
      execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'quaestor-faults', mountPoint], { stdio: 'pipe' });
    } catch (error) {
      rmdirSync(mountPoint);
      return `no small disk can be mounted: ${error instanceof Error ? error.message.trim() : String(error)}`;
    }
    mkdirSync(join(mountPoint, 'data'));
    return new SmallDisk(mountPoint);
  }

  get dataDir(): string {
    return join(this.mountPoint, 'data');
  }

  private get ballast(): string {
    return join(this.mountPoint, 'ballast');
  }

  /** What others free meanwhile is taken at once. */
  async whileFull(work: () => Promise<void>): Promise<void> {
    const file = openSync(this.ballast, 'w');
    const refill = setInterval(() => fill(file), REFILL_MS);
    try {
      fill(file);
      await work();
    } finally {
      clearInterval(refill);
      closeSync(file);
      rmSync(this.ballast);
    }
  }

  unmount(): void {
    execFileSync('umount', [this.mountPoint], { stdio: 'pipe' });
    rmdirSync(this.mountPoint);
  }
}

/** In ever smaller pieces, to the last byte. */
function fill(file: number): void {
  for (const bytes of [1_048_576, 4_096, 1]) {
    const piece = Buffer.alloc(bytes);
    try {
      while (writeSync(file, piece) === bytes);
    } catch (error) {
      if (systemCode(error) !== 'ENOSPC') throw error;
    }
  }
}

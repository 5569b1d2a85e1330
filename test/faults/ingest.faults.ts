/** What happens to ingest and its clock: killed, without its database, set to another time. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { randomFrom } from '../../bench/workload.js';
import { DAY_MS } from '../../src/kernel/clock.js';
import { reaches } from '../support/reaches.js';
import { ROOT } from '../support/service.js';
import { brokenBy, foundBy } from './audit.js';
import type { Fault } from './fault.js';
import { residentMib } from './stage.js';
import { inBackground, onStage, readyOf, told } from './trial.js';

const OUTAGE_MS = 20_000;
/** The service alone, whatever is unread: batches are bounded. */
const MOST_MIB = 600;
const JUMP_MS = 10 * 60_000;

/** `kill -9` at random moments of its life, of its start too. */
export const killed: Fault = {
  number: 1,
  name: 'the service is killed (kill -9) at random moments while traces stream in',
  play: ({ short, seed }) =>
    onStage(async (stage) => {
      const [rounds, traces] = short ? [4, 6_000] : [20, 40_000];
      const random = randomFrom(seed);
      // The first one migrates, and is there when the stream begins.
      let service = await stage.start();
      const stream = inBackground(stage.stream({ traces, rate: short ? 400 : 250, seed }));
      for (let round = 0; round < rounds; round++) {
        await pause(random() * 3_000);
        await stage.kill(service);
        service = await stage.start();
      }
      const sent = await stream;
      const audit = await stage.audit(sent);
      return {
        sent: `${told(sent, stage)}, ${String(rounds)} kills`,
        found: foundBy(audit),
        broken: brokenBy(audit),
      };
    }),
};

export const withoutDatabase: Fault = {
  number: 2,
  name: 'Postgres is stopped for 20 s under load, twice',
  play: ({ short, seed }) =>
    onStage(async (stage) => {
      const outageMs = short ? OUTAGE_MS / 4 : OUTAGE_MS;
      const service = await stage.start();
      let most = 0;
      const watch = setInterval(() => (most = Math.max(most, residentMib(service.pid))), 200);
      try {
        const stream = inBackground(stage.stream({ traces: short ? 8_000 : 30_000, rate: short ? 500 : 400, seed }));
        const said = new Set<string>();
        for (let outage = 0; outage < 2; outage++) {
          await pause(4_000);
          await stage.withoutPostgres(async () => {
            const until = performance.now() + outageMs;
            const { status, body } = await reaches(
              'readyz says that the database is away',
              () => service.call<{ checks: { database: string } }>('GET', '/readyz'),
              (answer) => answer.status === 503 && answer.body.checks.database !== 'ok',
            );
            said.add(`${String(status)} database ${body.checks.database}`);
            await pause(Math.max(0, until - performance.now()));
          });
        }
        const sent = await stream;
        const audit = await stage.audit(sent);
        await reaches('the service is ready again', () => readyOf(service), Boolean);
        const found = `${foundBy(audit)}; readyz ${[...said].join(', ')}; at most ${String(most)} MiB resident`;
        const memory = most <= MOST_MIB ? null : `resident memory over ${String(MOST_MIB)} MiB`;
        return { sent: told(sent, stage), found, broken: brokenBy(audit) ?? memory };
      } finally {
        clearInterval(watch);
      }
    }),
};

export const clockJumps: Fault = {
  number: 7,
  name: 'the clock of the service jumps by ±10 minutes, with traces from around midnight UTC',
  play: ({ short, seed }) =>
    onStage(async (stage) => {
      const folder = mkdtempSync(join(tmpdir(), 'quaestor-clock-'));
      const file = join(folder, 'shift');
      writeFileSync(file, '0');
      try {
        const preload = pathToFileURL(join(ROOT, 'test/faults/shifted-clock.mjs')).href;
        const service = await stage.start({ NODE_OPTIONS: `--import=${preload}`, SHIFTED_CLOCK: file });
        const midnight = Math.floor((Date.now() - JUMP_MS) / DAY_MS) * DAY_MS;
        const stream = inBackground(
          stage.stream({
            traces: short ? 4_000 : 20_000,
            rate: short ? 400 : 500,
            seed,
            endAt: midnight + JUMP_MS,
            spanMs: 2 * JUMP_MS,
          }),
        );
        const jumps = [JUMP_MS, -JUMP_MS, 0, -JUMP_MS, JUMP_MS, 0];
        const refused: string[] = [];
        for (const shift of jumps) {
          writeFileSync(file, String(shift));
          await pause(1_000);
          await stage.signIn(service).catch((error: unknown) => refused.push(`${String(shift)}: ${String(error)}`));
          await pause(1_000);
        }
        const sent = await stream;
        const audit = await stage.audit(sent);
        const days = await stage.query<{ day: string }>(
          `SELECT DISTINCT to_char(record_time, 'YYYY-MM-DD') AS day FROM traces WHERE domain_id LIKE 'dddd%' ORDER BY 1`,
        );
        return {
          sent: `${told(sent, stage)}, ${String(jumps.length)} jumps, a login in each`,
          found: `${foundBy(audit)}; on ${String(days.length)} days; logins refused ${String(refused.length)}`,
          broken: brokenBy(audit) ?? (days.length === 2 ? null : 'not on two days') ?? refused[0] ?? null,
        };
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    }),
};

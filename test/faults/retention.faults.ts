/** Days leave while everybody is at work on what stays, and the runs that drop them are killed. */
import { setTimeout as pause } from 'node:timers/promises';
import { domainId, randomFrom } from '../../bench/workload.js';
import { DAY_MS, HOUR_MS } from '../../src/kernel/clock.js';
import { parsePartitionName, PARTITION_NAME_PATTERN, startOfDay } from '../../src/traces/day-partition.js';
import { reaches } from '../support/reaches.js';
import { command, launch, type Service } from '../support/service.js';
import { brokenBy, foundBy, type Sent, SYNTHETIC, together } from './audit.js';
import type { Fault } from './fault.js';
import type { Stage } from './stage.js';
import { inBackground, onStage, told } from './trial.js';

const KEPT_DAYS = 7;
/** The busiest of the domains, whose traces are read meanwhile. */
const READER = domainId(0);
/** A run is killed within so many ms of its beginning. */
const RUN_MS = 300;
const FINISH_LIMIT_MS = 180_000;
/** A trace may leave the window between the count and the export. */
const EDGE_MS = 60_000;
/** Below what one caller may ask for (docs/quotas.md). */
const EXPORT_PAUSE_MS = 400;
const SEARCH_PAUSE_MS = 50;

export const retention: Fault = {
  number: 8,
  name: 'old days are dropped, by runs that are killed (kill -9), while traces arrive, are searched and exported',
  play: ({ short, seed }) =>
    onStage(async (stage) => {
      const days = short ? 30 : 80;
      const old = await storeOldDays(stage, { days, traces: short ? 3_000 : 16_000, seed });
      const service = await stage.start({ ROLES: 'api,ingest', RETENTION_DAYS: String(KEPT_DAYS) });
      const done = new AbortController();
      const meanwhile = inBackground(
        Promise.all([
          stage.streamUntil(done.signal, { rate: 200, seed }),
          searchUntil(stage, service, done.signal),
          exportUntil(stage, service, done.signal),
        ]),
      );
      const killed = await killRuns(stage, seed, short ? 1 : 3);
      const finished = await finishRuns(stage);
      done.abort();
      const [fresh, searches, exports] = await meanwhile;
      const since = startOfDay((await nowOf(stage)) - KEPT_DAYS * DAY_MS);
      const kept = new Set(old.times.filter(({ at }) => Number(at) >= since).map(({ trace_id: id }) => id));
      // The sequences lack what was dropped.
      const { gaps, ...audit } = await stage.audit({ ids: kept }, ...fresh);
      const left = (await daysOf(stage)).filter(({ toMs }) => toMs <= since).map(({ name }) => name);
      return {
        sent: `${told(old.sent, stage)}, of ${String(days)} days, and ${String(together(fresh).records)} meanwhile; runs killed: ${String(killed.runs)}`,
        found: `${foundBy(audit)}; ${String(gaps)} logs lack what was dropped; detached and not dropped by a killed run: ${killed.halfDone.join(', ')}; ${finished}; ${String(searches)} searches and ${String(exports.complete)} exports in full, ${String(exports.lacking)} not`,
        broken:
          old.broken ??
          brokenBy(audit) ??
          (killed.halfDone.length > 0 ? null : 'no run was caught between detach and drop') ??
          (left.length === 0 ? null : `days left: ${left.join(', ')}`) ??
          (exports.lacking === 0 ? null : `${String(exports.lacking)} exports lacked traces without saying so`),
      };
    }),
};

interface OldDays {
  readonly sent: Sent;
  readonly times: readonly { trace_id: string; at: string }[];
  readonly broken: string | null;
}

/** By a service that keeps them for longer, since they would be refused as expired later. */
async function storeOldDays(
  stage: Stage,
  { days, traces, seed }: { days: number; traces: number; seed: number },
): Promise<OldDays> {
  const service = await stage.start({ ROLES: 'api,ingest', RETENTION_DAYS: String(days) });
  const shape = { endAt: Date.now() - HOUR_MS, spanMs: (days - 1) * DAY_MS };
  const sent = await stage.stream({ traces, rate: 500, seed, ...shape });
  const broken = brokenBy(await stage.audit(sent));
  const times = await stage.query<{ trace_id: string; at: string }>(
    `SELECT trace_id, (extract(epoch FROM record_time) * 1000)::bigint AS at FROM traces WHERE ${SYNTHETIC}`,
  );
  await stage.terminate(service);
  return { sent, times, broken };
}

/** How often the newest page, and the oldest whole day, were found; throws where a search is not answered. */
async function searchUntil(stage: Stage, service: Service, done: AbortSignal): Promise<number> {
  const token = await stage.signIn(service);
  let searches = 0;
  while (!done.aborted) {
    const from = Date.now() - (KEPT_DAYS - 1) * DAY_MS;
    for (const query of ['', `&from=${String(from)}&to=${String(from + DAY_MS)}&order=asc`]) {
      const path = `/v1/traces?domain_id=${READER}&limit=100${query}`;
      const { status, body } = await service.call<{ traces: unknown[] }>('GET', path, { token });
      if (status !== 200 || body.traces.length === 0)
        throw new Error(`a search was answered with ${String(status)}: ${JSON.stringify(body).slice(0, 300)}`);
      searches += 1;
    }
    await pause(SEARCH_PAUSE_MS);
  }
  return searches;
}

/** Exports that end with their last line hold at least what was stored when they began, or they are lacking. */
async function exportUntil(
  stage: Stage,
  service: Service,
  done: AbortSignal,
): Promise<{ complete: number; lacking: number }> {
  const token = await stage.signIn(service);
  const exports = { complete: 0, lacking: 0 };
  while (!done.aborted) {
    const since = new Date((await nowOf(stage)) - KEPT_DAYS * DAY_MS + EDGE_MS);
    const stored = await stage.query<{ trace_id: string }>(
      'SELECT trace_id FROM traces WHERE domain_id = $1 AND record_time >= $2',
      [READER, since],
    );
    const path = `/v1/traces/export?domain_id=${READER}&fields=trace_id`;
    const answer = await fetch(`${service.runtime.http}${path}`, {
      headers: { 'x-auth-token': token },
      signal: AbortSignal.timeout(60_000),
    });
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(`an export was answered with ${String(answer.status)}: ${text}`);
    const lines = text.trimEnd().split('\n');
    const last = JSON.parse(lines.pop() ?? '{}') as { exported?: number };
    const told = new Set(lines.map((line) => (JSON.parse(line) as { trace_id: string }).trace_id));
    const whole = last.exported === lines.length && stored.every(({ trace_id: id }) => told.has(id));
    exports[whole ? 'complete' : 'lacking'] += 1;
    await pause(EXPORT_PAUSE_MS);
  }
  return exports;
}

const ENVIRONMENT = { RETENTION_DAYS: String(KEPT_DAYS) };

/** Kills runs at random moments until `wanted` have left a day detached and not dropped, or no old day is left. */
async function killRuns(stage: Stage, seed: number, wanted: number): Promise<{ runs: number; halfDone: string[] }> {
  const random = randomFrom(seed);
  const environment = stage.environment(ENVIRONMENT);
  const halfDone = new Set<string>();
  let runs = 0;
  for (; halfDone.size < wanted; runs++) {
    const since = startOfDay((await nowOf(stage)) - KEPT_DAYS * DAY_MS);
    if ((await daysOf(stage)).every(({ toMs }) => toMs > since)) break;
    const begun = await runsOf(stage);
    const run = launch('retention', [], environment);
    const hasBegun = async (): Promise<boolean> => !run.running || (await runsOf(stage)) > begun;
    await reaches('a run has begun', hasBegun, Boolean);
    await pause(random() * RUN_MS);
    run.child.kill('SIGKILL');
    await run.finished;
    for (const { name, state } of await daysOf(stage)) if (state !== 'attached') halfDone.add(name);
  }
  return { runs, halfDone: [...halfDone] };
}

/** The next run, or where somebody's lock was in its way the one after it, does all that is left. */
async function finishRuns(stage: Stage): Promise<string> {
  const environment = stage.environment(ENVIRONMENT);
  let tries = 0;
  const run = async (): Promise<number | null> => {
    tries += 1;
    return (await command('retention', [], environment)).code;
  };
  await reaches('a run does all that is left', run, (code) => code === 0, FINISH_LIMIT_MS);
  const [row] = await stage.query<{ interrupted: number; open: number }>(
    `SELECT count(*) FILTER (WHERE error = 'interrupted')::int AS interrupted,
       count(*) FILTER (WHERE finished_at IS NULL)::int AS open FROM retention_runs`,
  );
  return `${String(tries)} more to the end; ${String(row?.interrupted)} runs told as interrupted, ${String(row?.open)} left open`;
}

async function runsOf(stage: Stage): Promise<number> {
  const [row] = await stage.query<{ runs: number }>('SELECT count(*)::int AS runs FROM retention_runs');
  return row?.runs ?? 0;
}

async function nowOf(stage: Stage): Promise<number> {
  const [row] = await stage.query<{ now: Date }>('SELECT clock_timestamp() AS now');
  return row?.now.getTime() ?? Number.NaN;
}

/** All day tables, also those that belong to no table any more. */
async function daysOf(stage: Stage): Promise<{ name: string; state: string; toMs: number }[]> {
  const rows = await stage.query<{ name: string; state: string }>(
    `SELECT c.relname AS name, CASE WHEN i.inhrelid IS NULL THEN 'detached' WHEN i.inhdetachpending THEN 'detaching' ELSE 'attached' END AS state
     FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid WHERE c.relkind = 'r' AND c.relname ~ $1`,
    [PARTITION_NAME_PATTERN],
  );
  return rows.map((row) => ({ ...row, toMs: parsePartitionName(row.name)?.toMs ?? Number.NaN }));
}

/** What happens to the members of the consumer group: one frozen with a batch in hand, many that come and go. */
import { setTimeout as pause } from 'node:timers/promises';
import { randomFrom } from '../../bench/workload.js';
import { reaches } from '../support/reaches.js';
import type { Service } from '../support/service.js';
import { brokenBy, foundBy, type Sent, together } from './audit.js';
import type { Fault } from './fault.js';
import type { Stage } from './stage.js';
import { countsOf, inBackground, onStage, readyOf, told } from './trial.js';

const RATE = 250;
/** Many small batches, so that one of them is soon caught. */
const FEW = 10;
const CAUGHT_LIMIT_MS = 120_000;
/** Looks in a row, before others get their turn. */
const LOOKS = 20;

/** Where in the batch the process is frozen, and what then makes it give the batch up. */
interface Moment {
  /** Tells the batches of this process from all other transactions, too; its end is what the moment is about. */
  readonly timeoutMs: number;
  /** Selects the transactions that are at that point and wait for their client. */
  readonly sql: string;
  /** Batches by what the process was told; empty where it has given up none. */
  readonly givenUp: (service: Service) => Promise<ReadonlyMap<string, number>>;
}

const BEGUN = `SELECT pid, xact_start::text FROM pg_stat_activity AS activity
  WHERE state = 'idle in transaction' AND application_name = 'quaestor'`;

const HOLDS_ITS_LOG = `EXISTS (SELECT FROM pg_locks WHERE pg_locks.pid = activity.pid
  AND relation = 'ingest_logs'::regclass AND mode = 'RowShareLock')`;

/** It holds no lock yet, so its successor need not wait for it: only the epoch keeps it from writing. */
const BEFORE_ITS_LOCK: Moment = {
  timeoutMs: 299_000,
  sql: `${BEGUN} AND query LIKE 'SET LOCAL transaction_timeout = 299000%' AND NOT ${HOLDS_ITS_LOG}`,
  givenUp: async (service) => {
    const { body } = await service.call<string>('GET', '/metrics');
    const fenced = Number(/^quaestor_ingest_fenced_total (\d+)$/m.exec(body)?.[1] ?? 0);
    return new Map(fenced > 0 ? [['fenced by its epoch', fenced]] : []);
  },
};

/** It keeps the log locked, so its successor waits until Postgres ends the transaction (25P04). */
const IN_ITS_TRANSACTION: Moment = {
  timeoutMs: 8_000,
  sql: `${BEGUN} AND ${HOLDS_ITS_LOG}`,
  givenUp: (service) => countsOf(service, 'quaestor_ingest_waits_total', 'cause'),
};

export const frozen: Fault = {
  number: 4,
  name: 'an ingest process is frozen (SIGSTOP) with a batch in hand, and wakes when its successor is idle',
  play: ({ short, seed }) =>
    onStage(async (stage) => {
      const streams: Sent[] = [];
      const givenUp: string[] = [];
      let found = '';
      let broken: string | null = null;
      for (const moment of short ? [BEFORE_ITS_LOCK] : [BEFORE_ITS_LOCK, IN_ITS_TRANSACTION]) {
        const { first, second, sent } = await freezeIn(stage, moment, { traces: short ? 1_500 : 10_000, seed });
        streams.push(...sent);
        try {
          // Its session and a rebalance are over when the successor has stored what the frozen one had.
          const before = await stage.audit(...streams);
          await stage.allIsRead();
          const positions = await positionsOf(stage);
          const isOpen = (await stage.query(moment.sql)).length > 0;
          process.kill(first.pid, 'SIGCONT');
          const batches = await reaches(
            'it gives up its batch',
            () => moment.givenUp(first),
            ({ size }) => size > 0,
          );
          await reaches('the woken one is a member again', () => readyOf(first), Boolean, 60_000);
          const after = await stage.audit(...streams);
          const by = isOpen ? '' : ' (Postgres had ended its transaction)';
          for (const [cause, count] of batches) givenUp.push(`${String(count)} ${cause}${by}`);
          found = foundBy(after);
          const then = await positionsOf(stage);
          const moved = then === positions ? null : `positions moved after the wake: ${positions} became ${then}`;
          broken ??= brokenBy(before) ?? brokenBy(after) ?? moved;
        } finally {
          process.kill(first.pid, 'SIGCONT');
        }
        await Promise.all([stage.terminate(first), stage.terminate(second)]);
      }
      return {
        sent: told(together(streams), stage),
        found: `${found}; given up by the woken process: ${givenUp.join(', ')}`,
        broken,
      };
    }),
};

/** All is sent, and stored by the successor, when this resolves; the first process is frozen. */
async function freezeIn(stage: Stage, { timeoutMs, sql }: Moment, { traces, seed }: { traces: number; seed: number }) {
  const first = await stage.start({
    ROLES: 'ingest',
    INGEST_TRANSACTION_TIMEOUT_MS: String(timeoutMs),
    // One batch in hand: another would hold the lock of its own log.
    INGEST_CONCURRENCY: '1',
  });
  const caught = new AbortController();
  const before = inBackground(stage.streamUntil(caught.signal, { rate: RATE, seed, batch: FEW }));
  const isFrozen = (): Promise<boolean> => frozenIn(stage, first, sql);
  await reaches('it is frozen with a batch in hand', isFrozen, Boolean, CAUGHT_LIMIT_MS).finally(() => caught.abort());
  const second = await stage.start({ ROLES: 'ingest' });
  const after = await stage.stream({ traces, rate: RATE, seed: seed + timeoutMs });
  return { first, second, sent: [...(await before), after] };
}

async function frozenIn(stage: Stage, service: Service, sql: string): Promise<boolean> {
  for (let look = 0; look < LOOKS; look++) if (await frozenNow(stage, service, sql)) return true;
  return false;
}

/** Stops the process and looks whether it was at the wanted point; where it was not, it goes on. */
async function frozenNow(stage: Stage, service: Service, sql: string): Promise<boolean> {
  process.kill(service.pid, 'SIGSTOP');
  const seen = JSON.stringify(await stage.query(sql));
  if (seen !== '[]') {
    // A statement may have been on its way.
    await pause(200);
    if (JSON.stringify(await stage.query(sql)) === seen) return true;
  }
  process.kill(service.pid, 'SIGCONT');
  return false;
}

async function positionsOf(stage: Stage): Promise<string> {
  return JSON.stringify(await stage.query(`SELECT log, next_offset, next_seq, stored FROM ingest_logs ORDER BY log`));
}

export const rebalanceStorm: Fault = {
  number: 5,
  name: 'ingest processes join and leave (SIGTERM and kill -9) every few seconds while traces stream in',
  play: ({ short, seed }) =>
    onStage(async (stage) => {
      const stormMs = short ? 20_000 : 120_000;
      const random = randomFrom(seed);
      // Stays all the time.
      await stage.start({ ROLES: 'ingest' });
      const left = { terminated: 0, killed: 0 };
      const until = performance.now() + stormMs;
      const comeAndGo = async (): Promise<void> => {
        while (performance.now() < until) {
          const member = await stage.start({ ROLES: 'ingest' });
          await pause(random() * 3_000);
          const how = random() < 0.5 ? 'terminated' : 'killed';
          await (how === 'killed' ? stage.kill(member) : stage.terminate(member));
          left[how] += 1;
        }
      };
      const stream = inBackground(stage.stream({ traces: (RATE * stormMs) / 1_000, rate: RATE, seed }));
      const [sent] = await Promise.all([stream, comeAndGo(), comeAndGo()]);
      const audit = await stage.audit(sent);
      const [logs] = await stage.query<{ count: number; claims: number }>(
        `SELECT count(*)::int, sum(epoch)::int AS claims FROM ingest_logs`,
      );
      return {
        sent: `${told(sent, stage)}; ${String(left.terminated)} members stopped and ${String(left.killed)} killed in ${String(stormMs / 1_000)} s`,
        found: `${foundBy(audit)}; ${String(logs?.count)} logs, claimed ${String(logs?.claims)} times`,
        broken: brokenBy(audit),
      };
    }),
};

/** What happens to the members of the consumer group: one frozen with a batch in hand, many that come and go. */
import { setTimeout as pause } from 'node:timers/promises';
import { randomFrom } from '../../bench/workload.js';
import { reaches } from '../support/reaches.js';
import type { Service } from '../support/service.js';
import { brokenBy, foundBy } from './audit.js';
import type { Fault } from './fault.js';
import type { Stage } from './stage.js';
import { countsOf, inBackground, onStage, readyOf, told } from './trial.js';

const RATE = 250;
const CAUGHT_LIMIT_MS = 120_000;

/** Where in the batch the process is frozen, and what then makes it give the batch up. */
interface Moment {
  readonly name: string;
  /** Tells the batches of this process from all other transactions, too; its end is what the moment is about. */
  readonly timeoutMs: number;
  /** Selects the transactions that are at that point and wait for their client. */
  readonly sql: string;
  readonly givenUp: (service: Service) => Promise<number>;
}

const BEGUN = `SELECT pid, xact_start::text FROM pg_stat_activity AS activity
  WHERE state = 'idle in transaction' AND application_name = 'quaestor'`;

/** It holds no lock yet, so its successor need not wait for it: only the epoch keeps it from writing. */
const BEFORE_ITS_LOCK: Moment = {
  name: 'fenced by its epoch',
  timeoutMs: 299_000,
  sql: `${BEGUN} AND query = 'SET LOCAL transaction_timeout = 299000'`,
  givenUp: async (service) => {
    const { body } = await service.call<string>('GET', '/metrics');
    return Number(/^quaestor_ingest_fenced_total (\d+)$/m.exec(body)?.[1] ?? 0);
  },
};

/** It keeps the log locked, so its successor waits until Postgres ends the transaction. */
const IN_ITS_TRANSACTION: Moment = {
  name: 'ended by Postgres (transaction_timeout)',
  timeoutMs: 8_000,
  sql: `${BEGUN} AND EXISTS (SELECT FROM pg_locks WHERE pg_locks.pid = activity.pid
    AND relation = 'ingest_logs'::regclass AND mode = 'RowShareLock')`,
  givenUp: async (service) => {
    const waits = await countsOf(service, 'quaestor_ingest_waits_total', 'cause');
    return (waits.get('25P04') ?? 0) + (waits.get('connection') ?? 0);
  },
};

export const frozen: Fault = {
  number: 4,
  name: 'an ingest process is frozen (SIGSTOP) with a batch in hand, and wakes when its successor is idle',
  play: ({ short, seed }) =>
    onStage(async (stage) => {
      const streams = [];
      const givenUp = [];
      let found = '';
      let broken: string | null = null;
      for (const moment of short ? [BEFORE_ITS_LOCK] : [BEFORE_ITS_LOCK, IN_ITS_TRANSACTION]) {
        const { first, second, sent } = await freezeIn(stage, moment, { traces: short ? 4_000 : 10_000, seed });
        streams.push(sent);
        try {
          // Its session and a rebalance are over when the successor has stored what the frozen one had.
          const before = await stage.audit(...streams);
          const positions = await positionsOf(stage);
          process.kill(first.pid, 'SIGCONT');
          const count = await reaches(
            'it gives up its batch',
            () => moment.givenUp(first),
            (batches) => batches > 0,
          );
          await reaches('the woken one is a member again', () => readyOf(first), Boolean, 60_000);
          const after = await stage.audit(...streams);
          givenUp.push(`${String(count)} ${moment.name}`);
          found = foundBy(after);
          const moved = (await positionsOf(stage)) === positions ? null : 'positions moved after the wake';
          broken ??= brokenBy(before) ?? brokenBy(after) ?? moved;
        } finally {
          process.kill(first.pid, 'SIGCONT');
        }
        await Promise.all([stage.terminate(first), stage.terminate(second)]);
      }
      return {
        sent: streams.map((sent) => told(sent, stage)).join('; '),
        found: `${found}; batches given up by the woken process: ${givenUp.join(', ')}`,
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
  const stream = inBackground(stage.stream({ traces, rate: RATE, seed: seed + timeoutMs }));
  await reaches('it is frozen with a batch in hand', () => frozenIn(stage, first, sql), Boolean, CAUGHT_LIMIT_MS);
  const second = await stage.start({ ROLES: 'ingest' });
  return { first, second, sent: await stream };
}

/** Stops the process and looks whether it was at the wanted point; where it was not, it goes on. */
async function frozenIn(stage: Stage, service: Service, sql: string): Promise<boolean> {
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

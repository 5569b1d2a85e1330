/** What happens to the broker: killed and back, killed and forgotten, its topic deleted and made anew. */
import { setTimeout as pause } from 'node:timers/promises';
import { reaches } from '../support/reaches.js';
import { brokenBy, foundBy } from './audit.js';
import type { Fault } from './fault.js';
import { PARTITIONS, type Stage } from './stage.js';
import { inBackground, onRealKafka, onStage, readyOf, told } from './trial.js';

/** Well below what the embedded broker keeps unread (5 MiB a partition) for as long as ingest is held up. */
const RATE = 250;
const HELD_UP_MS = 3_000;

export const brokerRestarted: Fault = {
  number: 3,
  name: 'the broker is killed (kill -9) under load and comes back with its data, several times',
  play: ({ short, seed }) =>
    onRealKafka(async (stage) => {
      const rounds = short ? 1 : 3;
      const service = await stage.start();
      const stream = inBackground(stage.stream({ traces: short ? 4_000 : 15_000, rate: RATE, seed }));
      const said = new Set<string>();
      for (let round = 0; round < rounds; round++) {
        await pause(3_000);
        await stage.broker.kill();
        said.add(await withoutKafka(() => service.call('GET', '/readyz')));
        await stage.startBrokerAgain();
      }
      const sent = await stream;
      const audit = await stage.audit(sent);
      await reaches('the service is ready again', () => readyOf(service), Boolean, 60_000);
      const others = await incarnationsAfterFirst(stage);
      return {
        sent: `${told(sent, stage)}, kills: ${String(rounds)}`,
        found: `${foundBy(audit)}; readyz ${[...said].join(', ')}`,
        broken: brokenBy(audit) ?? (others === 0 ? null : `${String(others)} logs were taken for others`),
      };
    }),
};

export const embeddedBrokerLost: Fault = {
  number: 3,
  name: 'the embedded broker is lost (kill -9) with what was unread, and the service goes on with a new one',
  play: ({ short, seed }) =>
    onStage(
      async (stage) => {
        const traces = short ? 2_000 : 10_000;
        const service = await stage.start();
        const lost = new AbortController();
        const first = inBackground(stage.stream({ traces, rate: RATE, seed, signal: lost.signal }));
        await stage.storesMoreThan(traces / 8);
        // Nothing is stored meanwhile, so that something is unread when the broker goes.
        await stage.whileLocked('SELECT FROM ingest_logs FOR UPDATE', async () => {
          await pause(HELD_UP_MS);
          lost.abort();
          await stage.broker.kill();
        });
        const gone = await first;
        const said = await withoutKafka(() => service.call('GET', '/readyz'));
        await stage.terminate(service);
        const kept = await stage.storedIds();
        await stage.startBrokerAgain();
        const next = await stage.start();
        const second = await stage.stream({ traces, rate: RATE, seed: seed + 1 });
        const audit = await stage.audit({ ids: kept }, second);
        // Own operations of before the loss as well: they wait in the outbox.
        const { total } = await next.settled(await stage.signIn(next));
        const [unread, others] = [gone.ids.size - kept.size, await incarnationsAfterFirst(stage)];
        return {
          sent: `${told(gone, stage)} before the loss, ${String(second.records)} after it`,
          found: `${foundBy(audit)}; ${String(unread)} unread went with the broker; readyz ${said}; ${String(others)} new incarnations`,
          broken:
            brokenBy(audit) ??
            (unread > 0 ? null : 'nothing was unread, so the trial shows nothing') ??
            (others === PARTITIONS ? null : `not every log became another: ${String(others)}`) ??
            (total.balanced ? null : 'coverage is not balanced'),
        };
      },
      { embeddedBroker: true },
    ),
};

export const topicRecreated: Fault = {
  number: 3,
  name: 'the topic is deleted and created again under load',
  play: ({ short, seed }) =>
    onRealKafka(async (stage) => {
      const traces = short ? 2_000 : 10_000;
      const service = await stage.start();
      const done = new AbortController();
      const first = inBackground(stage.stream({ traces: 4 * traces, rate: RATE, seed, signal: done.signal }));
      await stage.storesMoreThan(traces / 2);
      // Nothing is stored meanwhile, so that the topic goes with something unread, and batches of it in hand.
      const before = await stage.whileLocked('SELECT FROM ingest_logs FOR UPDATE', async () => {
        await pause(HELD_UP_MS);
        const stored = await stage.storedIds();
        await stage.recreateTopic();
        return stored;
      });
      const second = await stage.stream({ traces, rate: RATE, seed: seed + 1 });
      done.abort();
      const former = await first;
      await stage.audit(second, { ids: before });
      await service.settled(await stage.signIn(service));
      // Of those that are not in `before`, some went with the topic, others were on their way to the new one.
      const after = await stage.storedIds();
      const survivors = [...former.ids].filter((id) => after.has(id));
      const audit = await stage.audit(second, { ids: before }, { ids: new Set(survivors) });
      const others = await incarnationsAfterFirst(stage);
      return {
        sent: `${told(former, stage)} before, during and after it, and ${String(second.records)} after it`,
        found: `${foundBy(audit)}; ${String(before.size)} stored before, ${String(former.ids.size - survivors.length)} went with the topic; ${String(others)} new incarnations`,
        broken: brokenBy(audit) ?? (others === PARTITIONS ? null : `not every log became another: ${String(others)}`),
      };
    }),
};

async function withoutKafka(
  ready: () => Promise<{ status: number; body: { checks?: { kafka?: string } } }>,
): Promise<string> {
  const { status, body } = await reaches(
    'readyz says that the broker is away',
    ready,
    (answer) => answer.status === 503 && answer.body.checks?.kafka !== 'ok',
  );
  return `${String(status)} kafka ${body.checks?.kafka ?? ''}`;
}

/** Logs that ingest took for another one than it had read before. */
async function incarnationsAfterFirst(stage: Stage): Promise<number> {
  const [row] = await stage.query<{ logs: number }>(
    'SELECT count(*)::int AS logs FROM ingest_logs WHERE incarnation > 1',
  );
  return row?.logs ?? -1;
}

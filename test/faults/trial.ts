/** What the trials have in common. */
import { kafkaDistributionAvailable } from '../../src/embedded/index.js';
import type { Service } from '../support/service.js';
import type { Sent } from './audit.js';
import type { Outcome } from './fault.js';
import { Stage } from './stage.js';

export async function onStage(
  play: (stage: Stage) => Promise<Outcome>,
  options?: Parameters<typeof Stage.open>[0],
): Promise<Outcome> {
  const stage = await Stage.open(options);
  try {
    return await play(stage);
  } finally {
    await stage.close();
  }
}

/** Where there is no real Kafka the trial cannot be made: the embedded broker keeps nothing. */
export async function onRealKafka(play: (stage: Stage) => Promise<Outcome>): Promise<Outcome> {
  if (!(await kafkaDistributionAvailable())) return notPossible('it needs Apache Kafka, thus Java 17 and Maven');
  return onStage(play);
}

/** What fails before it is awaited is told there, instead of ending this process. */
export function inBackground<T>(work: Promise<T>): Promise<T> {
  work.catch(() => undefined);
  return work;
}

export function notPossible(reason: string): Outcome {
  return { sent: 'nothing', found: reason, broken: null, notPossible: true };
}

export const told = (sent: Sent, stage: Stage): string =>
  `${String(sent.records)} records, ${String(sent.ids.size)} distinct, on ${stage.broker.kind}`;

/** Sums of a counter's series, by the value of one label. */
export async function countsOf(service: Service, metric: string, label: string): Promise<Map<string, number>> {
  const { body } = await service.call<string>('GET', '/metrics');
  const series = new RegExp(`^${metric}\\{[^}]*\\b${label}="([^"]*)"[^}]*\\} (\\S+)$`, 'gm');
  const counts = new Map<string, number>();
  for (const [, value = '', count] of body.matchAll(series))
    counts.set(value, (counts.get(value) ?? 0) + Number(count));
  return counts;
}

export async function readyOf(service: Service): Promise<boolean> {
  return (await service.call('GET', '/readyz')).status === 200;
}

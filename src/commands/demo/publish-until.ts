/** Publishes traces until they are seen to be stored. */
import type { OutgoingRecord } from '../../platform/kafka/log-consumer.js';
import { NotInTime } from './caller.js';
import type { Story } from './story.js';

/** A broker without a disk loses what is not read when it ends: what is not seen by then is published again. */
const AGAIN_MS = 15_000;

/**
 * @param told what the records are
 * @param seen waits until they are stored; throws {@link NotInTime} where they are not within `deadlineMs`
 */
export async function publishUntil(
  { topic, stage: { teller, persistence } }: Story,
  records: readonly OutgoingRecord[],
  told: string,
  seen: (deadlineMs: number) => Promise<unknown>,
): Promise<void> {
  const deadline = Date.now() + persistence.deadlineMs;
  for (let isFirst = true; ; isFirst = false) {
    const { topic: path } = await topic.publish(records);
    if (isFirst) teller.call({ who: 'registry', method: 'KAFKA', path, status: null, told, times: 1 });
    try {
      await seen(AGAIN_MS);
      return;
    } catch (error) {
      if (!(error instanceof NotInTime) || Date.now() > deadline) throw error;
      teller.note('not stored yet; published again');
    }
  }
}

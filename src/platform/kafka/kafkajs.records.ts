/** Turns what kafkajs fetched into records of our own interface. */
import type { Batch, IHeaders, KafkaMessage } from 'kafkajs';
import type { LogBatch, LogRecord, RecordHeaders } from './log-consumer.js';

type Fetched = Pick<Batch, 'topic' | 'partition' | 'highWatermark' | 'messages'>;

export function toLogBatch({ topic, partition, highWatermark, messages }: Fetched): LogBatch {
  return { topic, partition, highWatermark: BigInt(highWatermark), records: messages.map(toRecord) };
}

function toRecord(message: KafkaMessage): LogRecord {
  return {
    offset: BigInt(message.offset),
    key: message.key,
    value: message.value,
    timestampMs: Number(message.timestamp),
    headers: message.headers === undefined ? {} : toHeaders(message.headers),
  };
}

/**
 * kafkajs says less than it gives: null for a header without a value, and before the values of one named as a member of
 * every object (`constructor`) that member.
 */
function toHeaders(headers: IHeaders): RecordHeaders {
  return Object.fromEntries(
    Object.entries(headers).map(([name, given]) => {
      const values = [given as unknown].flat().flatMap(toValue);
      return [name, values.length === 1 ? values[0] : values];
    }),
  );
}

function toValue(value: unknown): Buffer[] {
  if (value === null) return [Buffer.alloc(0)];
  if (typeof value === 'string') return [Buffer.from(value)];
  return Buffer.isBuffer(value) ? [value] : [];
}

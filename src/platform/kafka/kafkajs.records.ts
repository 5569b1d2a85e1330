/** Turns what kafkajs fetched into records of our own interface. */
import type { Batch, IHeaders, KafkaMessage } from 'kafkajs';
import type { LogBatch, LogRecord } from './log-consumer.js';

export function toLogBatch({ topic, partition, highWatermark, messages }: Batch): LogBatch {
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

/** A name that occurs twice has its last value, as Kafka's `lastHeader`. */
function toHeaders(headers: IHeaders): Record<string, Buffer | undefined> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => {
      const last = Array.isArray(value) ? value.at(-1) : value;
      return [name, typeof last === 'string' ? Buffer.from(last) : last];
    }),
  );
}

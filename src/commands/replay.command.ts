/** Opens what `npm run replay` publishes through, and hands over to the traces capability. */
import { loadConfig } from '../platform/config/load-config.js';
import type { KafkaLog } from '../platform/kafka/kafka-log.js';
import { KafkaJsInspector } from '../platform/kafka/kafkajs.inspector.js';
import { KafkaJsProducer } from '../platform/kafka/kafkajs.producer.js';
import { kafkaSettings } from '../platform/platform.module.js';
import { flowFor, replayCommand, type ReplayTarget } from '../traces/index.js';
import { bootstrappedProject, runningService } from './running-service.js';

export function replay(args: readonly string[]): Promise<number> {
  return replayCommand(args, {
    now: () => Date.now(),
    stdout: (line) => console.log(line),
    stderr: (line) => console.error(line),
    open: openTarget,
  });
}

async function openTarget(): Promise<ReplayTarget> {
  const config = loadConfig();
  const given = config.KAFKA_BROKERS;
  const service =
    given === undefined
      ? runningService(config)
      : { brokers: given, topic: config.KAFKA_TOPIC, groupId: config.KAFKA_GROUP_ID };
  const settings = kafkaSettings(config, service.brokers);
  const producer = new KafkaJsProducer(settings, warnOnly);
  const inspector = new KafkaJsInspector(settings, warnOnly);
  return {
    topic: service.topic,
    producer,
    flow: await flowFor(inspector, service.topic, service.groupId),
    own: () => Promise.resolve(bootstrappedProject(config)),
    close: () => producer.close(),
  };
}

const warnOnly: KafkaLog = ({ level, message, fields }) => {
  if (level === 'warn' || level === 'error') console.error(`${message} ${JSON.stringify(fields)}`);
};

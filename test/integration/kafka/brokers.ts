/** The kinds of broker that the Kafka contract is checked against: the embedded one always, a real Kafka on request. */
import { startEmbeddedBroker, startKafka } from '../../../src/embedded/index.js';

export interface RunningBroker {
  readonly brokers: readonly string[];
  stop(): Promise<void>;
}

export interface BrokerKind {
  readonly name: string;
  start(): Promise<RunningBroker>;
}

/** Wanting it where Java or Maven is missing is an error: `startKafka` says so. */
export const realKafkaIsWanted = process.env.TEST_REAL_KAFKA === '1';

const embedded: BrokerKind = { name: 'the embedded broker', start: () => startEmbeddedBroker() };
const real: BrokerKind = { name: 'Apache Kafka', start: () => startKafka() };

export const brokerKinds: readonly BrokerKind[] = realKafkaIsWanted ? [embedded, real] : [embedded];

/** Names of tests that stand for what was not run. */
export const notRun: readonly string[] = realKafkaIsWanted
  ? []
  : ['the same on Apache Kafka: not run, because it needs Java and Maven; set TEST_REAL_KAFKA=1'];

/** The development stack: Postgres and Kafka from packages, without installing either. */
export { EmbeddedBrokerUnavailable, startEmbeddedBroker, type EmbeddedBroker } from './broker.js';
export { lockDataDirectory, type DataLock } from './data-lock.js';
export { startEmbeddedPostgres, type EmbeddedPostgres, type EmbeddedPostgresOptions } from './postgres.js';
export { EmbeddedStackError } from './stack-error.js';
export { kafkaCommand } from './kafka.command.js';
export { kafkaDistributionAvailable, startKafka, type KafkaOptions, type RunningKafka } from './kafka-distribution.js';

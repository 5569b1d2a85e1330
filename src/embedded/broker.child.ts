/**
 * Program of the embedded broker's process: `node -e PROGRAM MODULE_PATH`. Text, so that it runs alike from dist/ and under
 * Jest, which compiles nothing to disk.
 *
 * librdkafka makes a mock cluster when its producer is configured so, and writes the address in one JSON line on stdout. The
 * cluster lives as long as the producer is referenced. The end of stdin is the end of the parent, however that came.
 */
export const brokerProgram = `
const { KafkaClientConfig } = require(process.argv[1]);
const configuration = { 'test.mock.num.brokers': '1' };
const config = new KafkaClientConfig({ brokers: '127.0.0.1:1', clientId: 'embedded', logLevel: 'info', configuration });
globalThis.producer = config.createProducer({});
const end = () => process.exit(0);
process.stdin.on('end', end).on('error', end).resume();
`;

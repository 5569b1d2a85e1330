/** What the Kafka client reports, reduced to what an operator can use and to what may be written down. */
import { types } from 'node:util';
import { logLevel, type logCreator } from 'kafkajs';

export interface KafkaLogEntry {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: Readonly<Record<string, string | number | boolean>>;
}

/** Where the adapters write; bound to the service's logger by its module. */
export type KafkaLog = (entry: KafkaLogEntry) => void;

const MAX_TEXT = 500;
/** The group is left by then; kafkajs cannot read this answer of the embedded broker and swallows the error itself. */
const LEAVING = 'Response LeaveGroup';
const FETCHING = 'Response Fetch(';
/** Text of error 3, UNKNOWN_TOPIC_OR_PARTITION, in kafkajs. */
const NOT_HOSTED = 'This server does not host this topic-partition';
/** Stack traces are of kafkajs's own code; the rest is already in the entry. */
const OMITTED_FIELDS = new Set(['timestamp', 'logger', 'message', 'stack', 'helpUrl']);

/** They tell of every attempt, several a second while a broker is away; whoever needed the connection tells of the failure. */
const ATTEMPTS = ['Connection error', 'Failed to connect'];

/**
 * kafkajs calls ERROR whatever it is about to retry ("coordinator is loading", a refused connection). Nothing of that
 * needs a person now, so it is a warning at most, and its INFO is detail. `secrets` are cut out of every text.
 */
export function kafkajsLogCreator(log: KafkaLog, secrets: readonly string[]): logCreator {
  return () =>
    ({ namespace, level, log: content }) => {
      const fields: Record<string, string | number | boolean> = { component: `kafkajs ${namespace}`.trim() };
      for (const [name, value] of Object.entries(content)) {
        const text = OMITTED_FIELDS.has(name) ? undefined : printable(value);
        if (text !== undefined) fields[name] = typeof text === 'string' ? withoutSecrets(text, secrets) : text;
      }
      const raised = level === logLevel.ERROR || level === logLevel.WARN;
      const severe = raised && ![LEAVING, ...ATTEMPTS].some((start) => content.message.startsWith(start));
      log({ level: severe ? 'warn' : 'debug', message: withoutSecrets(content.message, secrets), fields });
    };
}

/** Whether a fetch learnt that its topic is no more. kafkajs tells it here only: it recovers without any event. */
export function saysTopicIsGone({ message, fields }: KafkaLogEntry): boolean {
  return message.startsWith(FETCHING) && fields['error'] === NOT_HOSTED;
}

/** The text of an error for a log field. */
export function errorText(error: unknown): string {
  return (types.isNativeError(error) ? `${error.name}: ${error.message}` : String(error)).slice(0, MAX_TEXT);
}

/** Scalars and errors only: objects may hold records of customers or credentials. */
function printable(value: unknown): string | number | boolean | undefined {
  if (typeof value === 'string') return value.slice(0, MAX_TEXT);
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  return types.isNativeError(value) ? errorText(value) : undefined;
}

function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), text);
}

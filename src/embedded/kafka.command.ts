/** `npm run kafka -- start [--embedded] [--port N]`: a broker in the foreground, so that services can come and go. */
import { parseArgs } from 'node:util';
import { startEmbeddedBroker } from './broker.js';
import { startKafka } from './kafka-distribution.js';
import { missingForKafka } from './kafka-jars.js';
import { EmbeddedStackError } from './stack-error.js';

const usage = `usage: npm run kafka -- start [--embedded] [--port N]
  Runs a Kafka broker until Ctrl-C and prints its address: a real Apache Kafka where Java and Maven are found, else the embedded one.
  --embedded  the embedded broker: memory only, on a port of its own choice
  --port N    the port of the real broker (default: any free one)`;

interface Choice {
  readonly embedded: boolean;
  readonly port: number | undefined;
}

interface Broker {
  readonly kind: 'kafka' | 'embedded';
  readonly brokers: readonly string[];
  readonly exited: Promise<void>;
  stop(): Promise<void>;
}

const say = (line: string): void => console.error(line);

/** What the arguments ask for; a text says what is wrong with them. */
function parse(args: string[]): Choice | string {
  try {
    const options = { embedded: { type: 'boolean' }, port: { type: 'string' } } as const;
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    if (positionals.length !== 1 || positionals[0] !== 'start') return 'Say "start".';
    const port = values.port === undefined ? undefined : Number(values.port);
    if (port !== undefined && !(/^\d+$/.test(values.port ?? '') && port >= 1 && port <= 65_535)) {
      return `--port ${values.port ?? ''} is no port: 1 to 65535.`;
    }
    if (values.embedded && port !== undefined) return 'The embedded broker chooses its port itself: leave out --port.';
    return { embedded: values.embedded ?? false, port };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function embedded(reason: string): Promise<Broker> {
  say(`Starting the embedded broker: ${reason}.`);
  return { kind: 'embedded', ...(await startEmbeddedBroker()) };
}

async function start({ embedded: wanted, port }: Choice): Promise<Broker> {
  if (wanted) return embedded('--embedded asks for it');
  const missing = await missingForKafka();
  if (missing === undefined) {
    try {
      say('Starting Apache Kafka.');
      return { kind: 'kafka', ...(await startKafka({ port, log: say })) };
    } catch (error) {
      if (port !== undefined || !(error instanceof EmbeddedStackError)) throw error;
      return embedded(error.message.replace(/\.$/, ''));
    }
  }
  if (port !== undefined) throw new EmbeddedStackError(`Only Apache Kafka can listen on a given port: ${missing}.`);
  return embedded(missing);
}

/** Resolves at the first Ctrl-C or SIGTERM; those that follow (npm passes Ctrl-C on a second time) are ignored. */
function stopRequest(): Promise<'asked'> {
  return new Promise((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => resolve('asked'));
  });
}

/** Runs until it is asked to stop. Exit code: 0 stopped, 1 the broker did not start or ended by itself, 2 wrong usage. */
export async function kafkaCommand(args: string[]): Promise<number> {
  const choice = parse(args);
  if (typeof choice === 'string') {
    say(`${choice}\n${usage}`);
    return 2;
  }
  const asked = stopRequest();
  // What runs is detached from the event loop; the command itself is not done.
  const alive = setInterval(() => undefined, 60_000);
  try {
    const broker = await start(choice);
    console.log(JSON.stringify({ brokers: broker.brokers, kind: broker.kind }));
    const outcome = await Promise.race([asked, broker.exited]);
    await broker.stop();
    if (outcome !== 'asked') say('The broker has ended by itself.');
    return outcome === 'asked' ? 0 : 1;
  } catch (error) {
    if (!(error instanceof EmbeddedStackError)) throw error;
    say(error.message);
    return 1;
  } finally {
    clearInterval(alive);
  }
}

/**
 * The embedded Kafka broker, a process of its own. Memory only: it forgets all when it ends, and the oldest beyond 5 MiB or
 * 100,000 messages of a partition. For development and tests, never for data that matter.
 */
import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { type Readable, type Writable } from 'node:stream';
import { brokerProgram } from './broker.child.js';
import { endOf, hasEnded, unrefAll } from './child-process.js';
import { endProcess, endsWithin } from './processes.js';
import { EmbeddedStackError } from './stack-error.js';

const brokerPackage = 'kafka-crab-js-linux-x64-gnu';
const startTimeoutMs = 20_000;
const stopPatienceMs = 2_000;
const keptErrorCharacters = 2_000;

export interface EmbeddedBroker {
  /** `host:port`, one. */
  readonly brokers: string[];
  readonly pid: number;
  /** Ends the broker, and with it all that was sent to it. Calling it twice is harmless. */
  stop(): Promise<void>;
  /** Resolves when the broker has ended, also when nobody asked it to. */
  readonly exited: Promise<void>;
}

/** There is no embedded broker for this platform; the message says what to set instead. */
export class EmbeddedBrokerUnavailable extends EmbeddedStackError {
  override readonly name: string = 'EmbeddedBrokerUnavailable';

  constructor(reason: string, cause?: unknown) {
    super(
      `The embedded Kafka broker is not available on ${process.platform}-${process.arch} (${reason}). ` +
        'Set KAFKA_BROKERS to a Kafka of your own, e.g. KAFKA_BROKERS=127.0.0.1:9092.',
      { cause },
    );
  }
}

type BrokerProcess = ChildProcessByStdio<Writable, Readable, Readable>;

function findModule(): string {
  try {
    return createRequire(import.meta.url).resolve(brokerPackage);
  } catch (error) {
    throw new EmbeddedBrokerUnavailable(`its package ${brokerPackage} is not installed`, error);
  }
}

/** The address in a log line of librdkafka; undefined in all others. */
export function addressIn(line: string): string | undefined {
  return /replaced with (127\.0\.0\.1:\d+)"/.exec(line)?.[1];
}

function spawnBroker(modulePath: string): BrokerProcess {
  // Detached: Ctrl-C in the terminal shall reach us alone, so that the batch in hand can still be finished.
  const child = spawn(process.execPath, ['-e', brokerProgram, modulePath], {
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH },
  });
  // Writing to it never happens, but its end may show as a broken pipe.
  child.stdin.on('error', () => undefined);
  return child;
}

/** Waits for the line with the address; all lines go to `log`, for as long as the broker runs. */
async function addressOf(child: BrokerProcess, ended: Promise<void>, log: (line: string) => void): Promise<string> {
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-keptErrorCharacters);
  });
  const found = new Promise<string>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      log(line);
      const address = addressIn(line);
      if (address !== undefined) resolve(address);
    });
  });
  const timeout = AbortSignal.timeout(startTimeoutMs);
  const outcome = await Promise.race([found, ended.then(() => 'ended' as const), once(timeout, 'abort')]);
  if (outcome === 'ended') throw new EmbeddedBrokerUnavailable(`it ended at once: ${errors.trim()}`);
  if (typeof outcome !== 'string') {
    throw new EmbeddedStackError(`The embedded broker said no address within ${startTimeoutMs / 1000} s.`);
  }
  return outcome;
}

async function stopBroker(child: ChildProcess, pid: number): Promise<void> {
  child.stdin?.end();
  if (!hasEnded(child) && !(await endsWithin(pid, stopPatienceMs)))
    await endProcess(pid, [['SIGKILL', stopPatienceMs]]);
}

/**
 * Starts a broker on a free port; it ends with this process, however this process ends.
 * @throws EmbeddedBrokerUnavailable where its binary is missing or does not load.
 */
export async function startEmbeddedBroker(options: { log?: (line: string) => void } = {}): Promise<EmbeddedBroker> {
  const child = spawnBroker(findModule());
  const exited = endOf(child);
  const pid = child.pid ?? 0;
  try {
    const address = await addressOf(child, exited, options.log ?? (() => undefined));
    unrefAll(child);
    let stopped: Promise<void> | undefined;
    const stop = async (): Promise<void> => {
      child.ref();
      await stopBroker(child, pid);
      await exited;
    };
    return { brokers: [address], pid, exited, stop: () => (stopped ??= stop()) };
  } catch (error) {
    if (pid > 0) await stopBroker(child, pid);
    throw error;
  }
}

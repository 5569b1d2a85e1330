/** A real Apache Kafka, one node in KRaft mode, from its published jars: where Java and Maven exist, no Docker needed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KafkaJsInspector } from '../platform/kafka/kafkajs.inspector.js';
import { endOf, hasEnded, unrefAll } from './child-process.js';
import { freePort } from './free-port.js';
import { kafkaJars, missingForKafka } from './kafka-jars.js';
import { prepareKafkaStorage } from './kafka-storage.js';
import { endProcess } from './processes.js';
import { EmbeddedStackError } from './stack-error.js';
import { watch } from './watchdog.js';

const readyTimeoutMs = 90_000;
const probeMs = 100;
const probeTimeoutMs = 2_000;
const launches = 3;
const stopLadder = [
  ['SIGTERM', 20_000],
  ['SIGKILL', 5_000],
] as const;

export interface KafkaOptions {
  /** Storage to use, and to keep; made when absent. Absent: a temporary one, which `stop` removes. */
  readonly dir?: string;
  /** Absent: any free one. With `dir`, the same port gives clients the same broker again. */
  readonly port?: number;
  readonly log?: (line: string) => void;
}

export interface RunningKafka {
  /** `host:port`, one. */
  readonly brokers: string[];
  readonly pid: number;
  readonly dir: string;
  readonly port: number;
  /** Resolves when the broker has ended, also when nobody asked it to. */
  readonly exited: Promise<void>;
  /** Orderly shutdown; removes a temporary storage, also after `kill`. Calling it twice is harmless. */
  stop(): Promise<void>;
  /** `kill -9`, as a fault: the storage stays as it is. */
  kill(): Promise<void>;
}

interface Launch {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly port: number;
  readonly exited: Promise<void>;
}

/** Whether Java and Maven (or jars that were fetched before) are here. A download may still fail. */
export async function kafkaDistributionAvailable(): Promise<boolean> {
  return (await missingForKafka()) === undefined;
}

async function launch(dir: string, classPath: string, wantedPort?: number): Promise<Launch> {
  const port = wantedPort ?? (await freePort());
  const settings = await prepareKafkaStorage(dir, classPath, { broker: port, controller: await freePort() });
  const log = openSync(join(dir, 'kafka.log'), 'a', 0o600);
  try {
    // Detached: Ctrl-C in the terminal reaches us alone, and we stop it in order.
    const child = spawn('java', ['-Xmx512m', '-cp', classPath, 'kafka.Kafka', settings], {
      cwd: dir,
      detached: true,
      stdio: ['ignore', log, log],
    });
    const exited = endOf(child);
    if (child.pid === undefined) throw new EmbeddedStackError('java cannot be started');
    const watchdog = watch(child.pid, 'TERM');
    void exited.then(() => watchdog.dismiss());
    unrefAll(child);
    return { child, pid: child.pid, port, exited };
  } finally {
    closeSync(log);
  }
}

/** Polls until a client gets the cluster's metadata: true; or the process has ended: false. */
async function answers({ child, port }: Launch): Promise<boolean> {
  const limits = { connectionTimeoutMs: probeTimeoutMs, requestTimeoutMs: probeTimeoutMs };
  const settings = { brokers: [`127.0.0.1:${port}`], clientId: 'quaestor-start', ssl: false, sasl: null, ...limits };
  const inspector = new KafkaJsInspector(settings, () => undefined, { timeoutMs: probeTimeoutMs });
  const deadline = Date.now() + readyTimeoutMs;
  try {
    while (!hasEnded(child)) {
      const ready = await inspector.ping().then(
        () => true,
        () => false,
      );
      if (ready) return !hasEnded(child);
      if (Date.now() >= deadline) throw new EmbeddedStackError(`Kafka is not ready after ${readyTimeoutMs / 1000} s.`);
      await sleep(probeMs);
    }
    return false;
  } finally {
    await inspector.close();
  }
}

async function launchUntilItAnswers(dir: string, classPath: string, port?: number): Promise<Launch> {
  const logFile = join(dir, 'kafka.log');
  for (let attempt = 1; ; attempt++) {
    const launched = await launch(dir, classPath, port);
    try {
      if (await answers(launched)) return launched;
    } catch (error) {
      await endProcess(launched.pid, stopLadder);
      throw error;
    }
    // Another program may have taken a port between its choice and its use.
    const said = readFileSync(logFile, 'utf8');
    if (attempt >= launches || !said.includes('Address already in use')) {
      throw new EmbeddedStackError(`Kafka does not start. ${logFile} ends:\n${said.slice(-2_000)}`);
    }
  }
}

function running(launched: Launch, dir: string, temporary: boolean): RunningKafka {
  const { child, pid, port, exited } = launched;
  const end = async (ladder: Parameters<typeof endProcess>[1]): Promise<void> => {
    child.ref();
    if (!hasEnded(child)) await endProcess(pid, ladder);
    await exited;
  };
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    await end(stopLadder);
    if (temporary) rmSync(dir, { recursive: true, force: true });
  };
  return {
    brokers: [`127.0.0.1:${port}`],
    pid,
    dir,
    port,
    exited,
    stop: () => (stopped ??= stop()),
    kill: () => end([['SIGKILL', 5_000]]),
  };
}

/**
 * Starts Kafka and returns when it answers; it ends with this process.
 * @throws EmbeddedStackError when Java or Maven is missing, the jars cannot be fetched, or it does not start.
 */
export async function startKafka(options: KafkaOptions = {}): Promise<RunningKafka> {
  const missing = await missingForKafka();
  if (missing !== undefined) throw new EmbeddedStackError(`Apache Kafka cannot run here: ${missing}.`);
  const classPath = join(await kafkaJars(options.log ?? (() => undefined)), '*');
  const temporary = options.dir === undefined;
  if (options.dir !== undefined) mkdirSync(options.dir, { recursive: true });
  const dir = realpathSync(options.dir ?? mkdtempSync(join(tmpdir(), 'quaestor-kafka-')));
  try {
    return running(await launchUntilItAnswers(dir, classPath, options.port), dir, temporary);
  } catch (error) {
    if (temporary) rmSync(dir, { recursive: true, force: true });
    throw error;
  }
}

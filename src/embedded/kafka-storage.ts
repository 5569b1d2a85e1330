/** The folder of one Kafka broker: its settings, and its log directory, formatted once. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { textOf } from './processes.js';
import { EmbeddedStackError } from './stack-error.js';

const formatTimeoutMs = 60_000;

export interface KafkaPorts {
  readonly broker: number;
  readonly controller: number;
}

/** One node that is broker and controller. Each topic of Kafka's own that would want replicas gets one. */
function properties(logDir: string, { broker, controller }: KafkaPorts): string {
  const values = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controller}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: `PLAINTEXT://127.0.0.1:${broker},CONTROLLER://127.0.0.1:${controller}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${broker}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': logDir,
    // As many as the embedded broker makes.
    'num.partitions': 4,
    // After a kill the controller refuses the next start of the broker until the old session has ended; 9 s by default.
    'broker.session.timeout.ms': 4_000,
    'broker.heartbeat.interval.ms': 500,
    'group.initial.rebalance.delay.ms': 0,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
  };
  return Object.entries(values)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

/** Kafka's own form of an id: 16 random bytes. A leading hyphen would read as an option. */
function newClusterId(): string {
  for (;;) {
    const id = randomBytes(16).toString('base64url');
    if (!id.startsWith('-')) return id;
  }
}

/**
 * Writes the settings for these ports into `dir` and formats its log directory unless that was done before.
 * @returns the path of the settings.
 */
export async function prepareKafkaStorage(dir: string, classPath: string, ports: KafkaPorts): Promise<string> {
  const logDir = join(dir, 'logs');
  const settings = join(dir, 'server.properties');
  mkdirSync(dir, { recursive: true });
  writeFileSync(settings, properties(logDir, ports));
  if (existsSync(join(dir, 'formatted'))) return settings;
  rmSync(logDir, { recursive: true, force: true });
  const args = ['-cp', classPath, 'kafka.tools.StorageTool', 'format', '-t', newClusterId(), '-c', settings];
  try {
    await promisify(execFile)('java', args, { timeout: formatTimeoutMs });
  } catch (error) {
    throw new EmbeddedStackError(
      `Kafka cannot format its storage: ${textOf(error, 'stderr')?.trim() || String(error)}`,
      { cause: error },
    );
  }
  // An interrupted format is done again.
  writeFileSync(join(dir, 'formatted'), '');
  return settings;
}

/**
 * `npm run image`: builds the image by the lines of the Dockerfile in a clean folder, without Docker, and runs it as compose does: a
 * migration job, then two replicas on an external Postgres and, where Java and Maven are, a real Kafka. Exit code: 0 it serves, 1 not.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { workload } from '../../bench/workload.js';
import { freePort } from '../../src/embedded/free-port.js';
import {
  kafkaDistributionAvailable,
  startEmbeddedBroker,
  startEmbeddedPostgres,
  startKafka,
} from '../../src/embedded/index.js';
import { reaches } from '../support/reaches.js';
import { ROOT } from '../support/service.js';
import { buildImage, type Image } from './image.js';

const TRACES = 1_000;
/** As whom the image runs; for root only. */
const NOBODY = 65_534;

export async function imageCommand(): Promise<number> {
  const work = mkdtempSync(join(tmpdir(), 'quaestor-image-'));
  // The image runs as another user, who has to get here.
  chmodSync(work, 0o755);
  const ends: (() => Promise<void> | void)[] = [
    () => {
      rmSync(work, { recursive: true, force: true });
    },
  ];
  try {
    console.error('Building by the lines of the Dockerfile.');
    const image = buildImage(ROOT, work);
    const dataDir = mkdtempSync(join(tmpdir(), 'quaestor-image-data-'));
    ends.push(() => {
      rmSync(dataDir, { recursive: true, force: true });
    });
    const postgres = await startEmbeddedPostgres({ dataDir });
    ends.push(() => postgres.stop());
    const real = await kafkaDistributionAvailable();
    const broker = real ? await startKafka() : await startEmbeddedBroker();
    ends.push(() => broker.stop());
    const outcome = await serve(image, { databaseUrl: postgres.url, brokers: broker.brokers, ends });
    console.log(
      JSON.stringify({ image: 'serves', kafka: real ? 'Apache Kafka' : 'embedded', user: image.user, ...outcome }),
    );
    return 0;
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

interface Surroundings {
  readonly databaseUrl: string;
  readonly brokers: readonly string[];
  readonly ends: (() => Promise<void> | void)[];
}

async function serve(image: Image, { databaseUrl, brokers, ends }: Surroundings) {
  const environment = {
    DATABASE_URL: databaseUrl,
    KAFKA_BROKERS: brokers.join(','),
    ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    BOOTSTRAP_PASSWORD: 'a password for the image',
  };
  const [node = ''] = image.command;
  const migrated = await start(image, [node, 'dist/src/command.main.js', 'migrate'], environment).ended;
  if (migrated !== 0) throw new Error(`the migration job ended with ${String(migrated)}`);
  const ports = [await freePort(), await freePort()];
  for (const port of ports) {
    const replica = start(image, image.command, { ...environment, PORT: String(port) });
    ends.push(async () => {
      replica.child.kill('SIGTERM');
      await replica.ended;
    });
  }
  for (const port of ports)
    await reaches(
      'a replica is ready',
      async () => (await fetch(`http://127.0.0.1:${String(port)}/readyz`)).status,
      (status) => status === 200,
      120_000,
    );
  for (const port of ports) {
    const health = await start(image, image.healthcheck, { PORT: String(port) }).ended;
    if (health !== 0) throw new Error('the healthcheck fails on a healthy replica');
  }
  return { replicas: ports.length, stored: await storedOf(brokers, ports[0] ?? 0) };
}

/** Publishes, and waits until coverage tells that all is stored. */
async function storedOf(brokers: readonly string[], port: number): Promise<number> {
  const producer = new Kafka({ brokers: [...brokers], clientId: 'image', logLevel: logLevel.NOTHING }).producer();
  await producer.connect();
  const shape = { domains: 5, projectsPerDomain: 2, usersPerDomain: 5, resourcesPerDomain: 20 };
  const values = [...workload({ ...shape, traces: TRACES, endAt: Date.now(), spanMs: 3_600_000 })];
  await producer.send({ topic: 'cts.traces', messages: values.map((value) => ({ value })) });
  await producer.disconnect();
  const url = `http://127.0.0.1:${String(port)}`;
  const user = { name: 'admin', password: 'a password for the image', domain: { name: 'operator' } };
  const login = await fetch(`${url}/v3/auth/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ auth: { identity: { methods: ['password'], password: { user } } } }),
  });
  const token = login.headers.get('x-subject-token') ?? '';
  return reaches(
    'all is stored',
    async () => {
      const answer = await fetch(`${url}/v1/ingest/coverage`, { headers: { 'x-auth-token': token } });
      return Number(((await answer.json()) as { total: { stored: string } }).total.stored);
    },
    (stored) => stored >= TRACES,
    120_000,
  );
}

/** With the environment of the image and what compose adds, nothing of ours; not as root, and nothing to write but `/data`. */
function start(image: Image, command: readonly string[], environment: Readonly<Record<string, string>>) {
  const [, ...args] = command;
  const data = mkdtempSync(join(image.root, 'data', 'replica-'));
  const asRoot = process.getuid?.() === 0;
  if (asRoot) {
    chmodSync(join(image.root, 'data'), 0o755);
    chownSync(data, NOBODY, NOBODY);
  }
  const child: ChildProcess = spawn(process.execPath, args, {
    cwd: join(image.root, image.workdir),
    env: { ...image.env, ...environment, DATA_DIR: data, HOST: '127.0.0.1' },
    stdio: ['ignore', 'ignore', 'inherit'],
    ...(asRoot && { uid: NOBODY, gid: NOBODY }),
  });
  return { child, ended: once(child, 'exit').then(([code]) => code as number | null) };
}

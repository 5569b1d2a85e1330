/** `npm run demo`, the whole story, against real processes: by itself, on a running service, and while that is killed. */
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ToldCall } from '../../src/commands/demo/teller.js';
import { brokerKinds, notRun, realKafkaIsWanted, type RunningBroker } from '../integration/kafka/brokers.js';
import { STORY_CALLS, tellWhileKilled } from '../support/killed-story.js';
import { command, type Finished, resultOf, ROOT, Service } from '../support/service.js';

interface ToldStep {
  readonly step: number;
  readonly ok: boolean;
  readonly calls: ToldCall[];
}
interface Outcome {
  readonly steps: number;
  readonly failed: number;
  readonly failed_step?: number;
}

const ALL_TOLD: Outcome = { steps: 14, failed: 0 };
/** The newest kind of broker: a real Kafka where one is wanted. */
const kind = brokerKinds.at(-1);

/** Paths of the API document, and what they match. */
const documented = Object.entries(
  (JSON.parse(readFileSync(join(ROOT, 'openapi.json'), 'utf8')) as { paths: Record<string, Record<string, unknown>> })
    .paths,
).flatMap(([path, methods]) =>
  Object.keys(methods).map((method) => ({ method: method.toUpperCase(), parts: path.split('/') })),
);

function isDocumented({ method, path }: ToldCall): boolean {
  const parts = path.split('?')[0]?.split('/') ?? [];
  return documented.some(
    (known) =>
      known.method === method &&
      known.parts.length === parts.length &&
      known.parts.every((part, index) => part.startsWith('{') || part === parts[index]),
  );
}

const linesOf = ({ stdout }: Finished): unknown[] =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);

describe(`the story, on ${realKafkaIsWanted ? (kind?.name ?? '') : 'the embedded stack'}`, () => {
  let wrong: string;
  let broker: RunningBroker | undefined;
  let environment: { DATA_DIR: string; KAFKA_BROKERS?: string };

  beforeAll(async () => {
    wrong = mkdtempSync(join(tmpdir(), 'quaestor-story-wrong-'));
    // The embedded broker is the service's own, as on a fresh clone.
    if (realKafkaIsWanted) broker = await kind?.start();
    environment = {
      DATA_DIR: mkdtempSync(join(tmpdir(), 'quaestor-story-')),
      ...(broker !== undefined && { KAFKA_BROKERS: broker.brokers.join(',') }),
    };
  }, 200_000);
  afterAll(async () => {
    await broker?.stop();
    for (const folder of [wrong, environment.DATA_DIR]) rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  it('is told to its end where no service runs: one is started, and stopped again', async () => {
    const finished = await command('demo', ['--json'], environment);
    expect(resultOf(finished)).toEqual(ALL_TOLD);
    const steps = linesOf(finished).slice(0, -1) as ToldStep[];
    expect(steps.map(({ step, ok }) => [step, ok])).toEqual(Array.from({ length: 14 }, (_, at) => [at + 1, true]));
    const calls = steps.flatMap((step) => step.calls);
    expect(calls.filter((call) => call.method !== 'KAFKA' && !isDocumented(call))).toEqual([]);
    expect(existsSync(join(environment.DATA_DIR, 'runtime.json'))).toBe(false);
    expect(existsSync(join(environment.DATA_DIR, 'credentials.json'))).toBe(true);
  }, 400_000);

  describe('on a running service', () => {
    let service: Service;

    beforeAll(async () => {
      service = await Service.start(environment);
    }, 300_000);
    afterAll(() => service.stop(), 60_000);

    it('is told twice, and leaves the service as it runs', async () => {
      for (let time = 1; time <= 2; time++) {
        const finished = await command('demo', [], environment);
        expect(resultOf(finished)).toEqual(ALL_TOLD);
        expect(linesOf(finished)).toHaveLength(1);
        expect(finished.stderr).toMatch(/^14 {2}Coverage is balanced$/m);
        expect(finished.stderr + finished.stdout).not.toContain(service.credentials.user.password);
      }
      expect((await service.call('GET', '/readyz')).status).toBe(200);
      const { body } = await service.call<{ domains: { name: string }[] }>('GET', '/v1/domains', {
        token: await service.signIn(),
      });
      expect(body.domains.filter(({ name }) => name.startsWith('demo-'))).toHaveLength(3);
      expect(service.output.split('\n').filter((line) => /"level":"(error|fatal)"/.test(line))).toEqual([]);
    }, 200_000);

    it('ends with 1 and the name of the step that fails', async () => {
      copyFileSync(join(environment.DATA_DIR, 'runtime.json'), join(wrong, 'runtime.json'));
      const credentials = { ...service.credentials, user: { ...service.credentials.user, password: 'not this one' } };
      writeFileSync(join(wrong, 'credentials.json'), JSON.stringify(credentials));
      const finished = await command('demo', [], { ...environment, DATA_DIR: wrong });
      expect(finished.code).toBe(1);
      expect(linesOf(finished)).toEqual([{ steps: 14, failed: 1, failed_step: 1 }]);
      expect(finished.stderr).toMatch(
        /step 1 failed: An operator opens a domain for a new tenant: signing in as admin was refused/,
      );
    }, 60_000);

    it('ends with 2 when it is called wrongly', async () => {
      const finished = await command('demo', ['--slowly'], environment);
      expect([finished.code, finished.stdout]).toEqual([2, '']);
      expect(finished.stderr).toContain('not understood: --slowly');
    }, 60_000);
  });
});

describe(`the story, while the service is killed and ${kind?.name ?? 'no broker'} goes on`, () => {
  it('is told to its end all the same', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'quaestor-story-kill-'));
    const broker = await kind?.start();
    const environment = {
      DATA_DIR: dataDir,
      KAFKA_BROKERS: broker?.brokers.join(',') ?? '',
      // How long the group waits for the dead member.
      KAFKA_SESSION_TIMEOUT_MS: '6000',
    };
    // In each third of the story; told, so that a failure can be repeated.
    const third = Math.floor(STORY_CALLS / 3);
    const kills = [0, 1, 2].map((part) => part * third + 1 + Math.floor(Math.random() * third));
    process.stderr.write(`the service is killed after ${kills.join(', ')} calls\n`);
    let service: Service | undefined;
    try {
      const finished = await tellWhileKilled({
        environment,
        kills,
        start: async () => (service = await Service.start(environment)),
        kill: (running) => running.kill(),
      });
      expect(resultOf(finished)).toEqual(ALL_TOLD);
    } finally {
      await service?.stop();
      await broker?.stop();
      rmSync(dataDir, { recursive: true, force: true });
    }
  }, 600_000);
});

for (const name of notRun) it.skip(name, () => undefined);

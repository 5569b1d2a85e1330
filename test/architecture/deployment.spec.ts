/** The compose file and the Dockerfile against the code: what can be told without Docker. `npm run image` does the rest. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Ajv } from 'ajv';
import { load, YAML11_SCHEMA } from 'js-yaml';
import { describeVariables } from '../../src/platform/config/config.schema.js';
import { instructionsOf } from '../deploy/image.js';

const ROOT = resolve(__dirname, '../..');
const text = (name: string): string => readFileSync(join(ROOT, name), 'utf8');

describe('docker-compose.yml', () => {
  const compose = text('docker-compose.yml');
  const lines = compose.split('\n').filter((line) => !line.trim().startsWith('#'));
  const service = (name: string): string =>
    new RegExp(`^  ${name}:\\n((?:    .*\\n|\\n)+)`, 'm').exec(compose)?.[1] ?? '';

  it('is a Compose file by the schema of the Compose Specification, which would tell if it were not', () => {
    const { $schema: _draft, ...schema } = JSON.parse(text('test/cases/compose-spec.json')) as Record<string, unknown>;
    const isValid = new Ajv({ strict: false, allErrors: true }).compile(schema);
    // Compose merges `<<` as YAML 1.1 does.
    const problemsOf = (file: string): string[] =>
      isValid(load(file, { schema: YAML11_SCHEMA })) ? [] : (isValid.errors ?? []).map((error) => error.instancePath);
    expect(problemsOf(compose)).toEqual([]);
    expect(problemsOf(compose.replace('replicas: 2', 'replicas: [two]'))).toEqual(['/services/app/deploy/replicas']);
    expect(problemsOf(compose.replace('healthcheck:', 'health_check:'))).not.toEqual([]);
  });

  it('sets only variables that there are', () => {
    const ours = new Set(describeVariables().map(({ name }) => name));
    const [, shared = ''] = /&environment\n((?: {4}.*\n)+)/.exec(compose) ?? [];
    const set = [...shared.matchAll(/^ {4}(\w+):/gm)].map(([, name]) => name ?? '');
    expect(set).toEqual(expect.arrayContaining(['DATABASE_URL', 'KAFKA_BROKERS', 'ENCRYPTION_KEY']));
    expect(set.filter((name) => !ours.has(name))).toEqual([]);
  });

  it('knows no secret, and no default of one', () => {
    const secrets = lines.filter((line) => /(?:PASSWORD|SECRET_KEY|ENCRYPTION_KEY|DATABASE_URL):/.test(line));
    expect(secrets.length).toBeGreaterThan(4);
    for (const line of secrets) expect(line).toMatch(/\$\{(\w+)(?:-|:\?set \1)\}/);
  });

  it.each(['api', 'ingest', 'jobs'])('runs the role %s by itself', (role) => {
    expect(service(role)).toMatch(new RegExp(`<<: \\*quaestor[^]*profiles: \\[roles\\][^]*ROLES: ${role}\\n`));
  });

  it('migrates before two replicas serve, on a file system that nobody writes to', () => {
    expect(service('migrate')).toContain('command: [dist/src/command.main.js, migrate]');
    expect(service('app')).toMatch(/profiles: \[stack\][^]*replicas: 2/);
    expect(compose).toMatch(/migrate:\n\s+condition: service_completed_successfully/);
    for (const line of ['read_only: true', 'cap_drop: [ALL]', "security_opt: ['no-new-privileges:true']"])
      expect(compose).toContain(line);
    expect(compose).toMatch(/^volumes:\n {2}postgres:\n {2}kafka:\n$/m);
  });
});

describe('the Dockerfile', () => {
  const instructions = instructionsOf(text('Dockerfile'));
  const of = (name: string): string[] => instructions.filter((each) => each.name === name).map(({ words }) => words);

  it('has two stages, the last of which copies from the first only, and runs as nobody of importance', () => {
    const last = instructions.map(({ name }) => name).lastIndexOf('FROM');
    const run = instructions.slice(last);
    expect(of('FROM')).toHaveLength(2);
    for (const { words } of run.filter(({ name }) => name === 'COPY')) expect(words).toMatch(/^--from=build /);
    expect(run.filter(({ name }) => name === 'USER')).toEqual([{ name: 'USER', words: 'node' }]);
    expect(of('HEALTHCHECK')).toHaveLength(1);
  });

  it('copies only what is there, and what .dockerignore lets through', () => {
    const sent = text('.dockerignore').split('\n');
    expect(sent).toContain('*');
    const copied = of('COPY').filter((words) => !words.startsWith('--from'));
    for (const path of copied.flatMap((words) => words.split(/\s+/).slice(0, -1))) {
      expect([path, existsSync(join(ROOT, path))]).toEqual([path, true]);
      expect(sent).toContain(`!${path}`);
    }
  });

  it('is built by the Node.js that package.json asks for', () => {
    const { engines } = JSON.parse(text('package.json')) as { engines: { node: string } };
    for (const from of of('FROM')) expect(from).toMatch(/^node:20-/);
    expect(engines.node).toMatch(/^>=20\./);
  });
});

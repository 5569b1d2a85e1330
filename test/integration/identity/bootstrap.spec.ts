import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { migrations } from '../../../migrations/index.js';
import { BootstrapService, type Credentials } from '../../../src/identity/index.js';
import { SecretBox } from '../../../src/identity/secret-box.js';
import { SigningKeys } from '../../../src/identity/signing-keys.service.js';
import { Database } from '../../../src/platform/database/database.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { openApp } from './harness.js';

describe('the first start', () => {
  let database: TestDatabase;
  let dataDir: string;
  let file: string;
  let apps: NestFastifyApplication[];
  beforeEach(async () => {
    database = await createTestDatabase(migrations);
    dataDir = mkdtempSync(join(tmpdir(), 'quaestor-bootstrap-'));
    file = join(dataDir, 'credentials.json');
    apps = [];
  });
  afterEach(async () => {
    await Promise.all(apps.map((app) => app.close()));
    await database.drop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  async function open(environment: Record<string, string> = {}, key?: Buffer): Promise<NestFastifyApplication> {
    const { app } = await openApp(database.url, { DATA_DIR: dataDir, ...environment }, undefined, [], key);
    apps.push(app);
    return app;
  }
  const run = (app: NestFastifyApplication, path = file) => app.get(BootstrapService, { strict: false }).run(path);
  const written = () => JSON.parse(readFileSync(file, 'utf8')) as Credentials;

  it('makes up what is absent and tells it in a file of the owner’s only', async () => {
    const app = await open();
    const { credentials, created } = await run(app);
    expect(created).toBe(true);
    expect(written()).toEqual(credentials);
    expect(credentials).toEqual({
      domain: { id: expect.stringMatching(/^[0-9a-f]{32}$/), name: 'operator' },
      project: { id: expect.stringMatching(/^[0-9a-f]{32}$/), name: 'cn-north-4' },
      region: 'cn-north-4',
      user: { id: expect.stringMatching(/^[0-9a-f]{32}$/), name: 'admin', password: expect.stringMatching(/^.{24}$/) },
      access_key: {
        access: expect.stringMatching(/^[A-Z0-9]{20}$/),
        secret: expect.stringMatching(/^[A-Za-z0-9]{40}$/),
      },
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('takes what it is given, and never writes that down', async () => {
    const app = await open({
      BOOTSTRAP_DOMAIN: 'acme',
      BOOTSTRAP_DOMAIN_ID: 'acme-id',
      BOOTSTRAP_PROJECT: 'main',
      BOOTSTRAP_PROJECT_ID: 'main-id',
      BOOTSTRAP_REGION: 'eu-west-0',
      BOOTSTRAP_USER: 'chief',
      BOOTSTRAP_PASSWORD: 'given-password',
      BOOTSTRAP_ACCESS_KEY: 'GIVENKEY',
      BOOTSTRAP_SECRET_KEY: 'given-secret-of-length',
    });
    await run(app);
    expect(written()).toEqual({
      domain: { id: 'acme-id', name: 'acme' },
      project: { id: 'main-id', name: 'main' },
      region: 'eu-west-0',
      user: { id: expect.any(String), name: 'chief' },
      access_key: { access: 'GIVENKEY' },
    });
    const stored = await app
      .get(Database, { strict: false })
      .query<{ secret_sealed: Buffer }>('SELECT secret_sealed FROM access_keys');
    const sealed = stored[0]?.secret_sealed ?? Buffer.alloc(0);
    expect(sealed.includes('given-secret-of-length')).toBe(false);
    expect(app.get(SecretBox, { strict: false }).open(sealed, 'access_keys:GIVENKEY')).toBe('given-secret-of-length');
  });

  it('is made once, however many processes start at the same time', async () => {
    const [one, two] = [await open(), await open()];
    const otherFile = join(dataDir, 'other', 'credentials.json');
    const [a, b] = await Promise.all([run(one), run(two, otherFile)]);
    expect([a.created, b.created].sort()).toEqual([false, true]);
    expect(a.credentials.domain).toEqual(b.credentials.domain);
    expect([a, b].filter(({ credentials }) => credentials.user.password !== undefined)).toHaveLength(1);
    const rows = await one.get(Database, { strict: false }).query('SELECT id FROM domains');
    expect(rows).toHaveLength(1);
    const keys = [one, two].map((app) => app.get(SigningKeys, { strict: false }).current());
    const [first, second] = await Promise.all(keys);
    expect(first?.kid).toBe(second?.kid);
  });

  it('leaves the file of the first start alone', async () => {
    const app = await open();
    await run(app);
    const before = readFileSync(file, 'utf8');
    expect(await run(app)).toMatchObject({ created: false });
    expect(readFileSync(file, 'utf8')).toBe(before);
  });

  it.each([
    ['was lost', () => rmSync(file)],
    ['is broken', () => writeFileSync(file, '{"domain":')],
    [
      'is of another installation',
      () => writeFileSync(file, JSON.stringify({ ...written(), domain: { id: 'x', name: 'y' } })),
    ],
  ])('writes the file again, without secrets, where it %s', async (_, spoil) => {
    const app = await open();
    const { credentials } = await run(app);
    spoil();
    await run(app);
    expect(written()).toEqual({
      ...credentials,
      user: { id: credentials.user.id, name: 'admin' },
      access_key: { access: credentials.access_key.access },
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('creates nothing that it cannot tell', async () => {
    const app = await open();
    writeFileSync(join(dataDir, 'blocked'), '');
    await expect(run(app, join(dataDir, 'blocked', 'credentials.json'))).rejects.toThrow();
    expect(await app.get(Database, { strict: false }).query('SELECT id FROM domains')).toEqual([]);
  });

  it('says what is wrong when the encryption key is another one', async () => {
    await run(await open());
    const other = await open({}, Buffer.alloc(32, 8));
    await expect(run(other)).rejects.toThrow(/ENCRYPTION_KEY is not the one/);
  });
});

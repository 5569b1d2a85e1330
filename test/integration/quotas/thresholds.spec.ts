/** A threshold that is reached is told once, however use or limit moved and however many processes look. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { migrations } from '../../../migrations/index.js';
import { AppModule } from '../../../src/app.module.js';
import { loadConfig } from '../../../src/platform/config/load-config.js';
import { createHttpApp } from '../../../src/platform/http/create-app.js';
import { createLogger } from '../../../src/platform/logging/logger.js';
import { Metrics } from '../../../src/platform/metrics/metrics.js';
import { ThresholdWatch } from '../../../src/quotas/threshold-watch.service.js';
import { event } from '../ingest/harness.js';
import { reaches } from '../../support/reaches.js';
import { QuotasApp, type Tenant } from './harness.js';

const NOBODY = new AbortController().signal;
const ROUNDS = { QUOTA_THRESHOLD_COOLDOWN_MINUTES: '0' };

interface Told {
  readonly traces: number[];
  readonly deliveries: number[];
}

describe('thresholds', () => {
  let quotas: QuotasApp;
  let tenants = 0;
  let acme: Tenant;
  let scope: { kind: string; project_id: string; id: string };
  let others: NestFastifyApplication[];

  beforeAll(async () => {
    quotas = await QuotasApp.start(ROUNDS);
    others = [];
  });
  afterAll(async () => {
    await Promise.all(others.map((app) => app.close()));
    await quotas.stop();
  });
  beforeEach(async () => {
    acme = await quotas.tenant(`acme-${String(++tenants)}`);
    scope = { kind: 'user', project_id: acme.project.id, id: acme.administrator.id };
    await quotas.post('/v1/webhooks', { url: 'https://hooks.example.org/' }, acme.token).expect(201);
  });

  const watchOf = (app: NestFastifyApplication) => app.get(ThresholdWatch, { strict: false });
  const sweep = () => watchOf(quotas.app).sweep(NOBODY);
  /** Names of organizations are unique in the region. */
  const reserve = async (name: string): Promise<string> =>
    String((await quotas.reserve(acme.domain.id, scope, `${acme.domain.name}-${name}`).expect(201)).body.id);
  const setLimit = (limit: number) =>
    quotas
      .put('/v1/quotas/limits', {
        domain_id: acme.domain.id,
        quota_key: 'namespace',
        scope,
        limit,
        reason: 'a test',
        force: true,
      })
      .expect(200);

  /** What was told so far, oldest first, by trace and by notification. */
  async function told(domainId = acme.domain.id): Promise<Told> {
    const traces = (await quotas.recorded(domainId)).filter(({ trace_name }) => trace_name === 'quotaThreshold');
    const deliveries = await quotas.database.query<{ payload: string }>(
      `SELECT payload FROM webhook_deliveries WHERE domain_id = $1 AND event = 'quota.threshold' ORDER BY created_at`,
      [domainId],
    );
    const thresholdIn = (text: unknown): number => (JSON.parse(String(text)) as { threshold: number }).threshold;
    return {
      traces: traces.map(({ response }) => thresholdIn(response)),
      deliveries: deliveries.map(
        ({ payload }) => (JSON.parse(payload) as { data: { threshold: number } }).data.threshold,
      ),
    };
  }
  const both = (thresholds: number[]): Told => ({ traces: thresholds, deliveries: thresholds });

  it('are told soon after a reservation, without any sweep, and not again', async () => {
    for (const name of ['a', 'b', 'c']) await reserve(name);
    await sweep();
    expect(await told()).toEqual(both([]));
    await reserve('d');
    await reaches('it is told', told, ({ traces }) => traces.length > 0, 20_000);
    await sweep();
    expect(await told()).toEqual(both([70]));
    const [payload] = await quotas.database.query<{ payload: string }>(
      'SELECT payload FROM webhook_deliveries WHERE domain_id = $1',
      [acme.domain.id],
    );
    expect(JSON.parse(payload?.payload ?? '')).toMatchObject({
      type: 'quota.threshold',
      domain_id: acme.domain.id,
      data: { quota_key: 'namespace', scope, threshold: 70, used: 0, reserved: 4, limit: 5, origin: 'default' },
    });
  });

  it('are told soon after traces', async () => {
    const created = (name: string) =>
      event({
        domain_id: acme.domain.id,
        project_id: acme.project.id,
        service_type: 'SWR',
        resource_type: 'usernamespace',
        trace_name: 'createUserNamespace',
        trace_rating: 'normal',
        resource_name: name,
        user: { id: scope.id, name: 'root' },
      });
    await quotas.ingest(['a', 'b', 'c', 'd', 'e'].map(created));
    expect(await quotas.counters(acme.domain.id)).toMatchObject({
      [`namespace user/${acme.project.id}/${scope.id}`]: [5, 0],
    });
    await reaches('it is told', told, ({ traces }) => traces.length > 0, 20_000);
    await sweep();
    expect(await told()).toEqual(both([100]));
  });

  it('follow limits and grants, also one that ends by itself, and a fall between', async () => {
    for (const name of ['a', 'b']) await reserve(name);
    const held = await reserve('c');
    await sweep();
    expect(await told()).toEqual(both([]));
    await setLimit(3);
    await sweep();
    expect(await told()).toEqual(both([100]));
    await setLimit(10);
    await sweep();
    await setLimit(4);
    await sweep();
    expect(await told()).toEqual(both([100, 70]));
    await quotas.post(`/v1/quotas/reservations/${held}/release`).expect(200);
    await sweep();
    await reserve('d');
    await sweep();
    expect(await told()).toEqual(both([100, 70, 70]));
    await quotas
      .delete('/v1/quotas/limits', { domain_id: acme.domain.id, quota_key: 'namespace', scope, reason: 'a test' })
      .expect(204);
    await quotas
      .post('/v1/quotas/grants', {
        domain_id: acme.domain.id,
        quota_key: 'namespace',
        scope,
        limit: 50,
        reason: 'a test',
      })
      .expect(201);
    await reserve('e');
    await sweep();
    expect(await told()).toEqual(both([100, 70, 70]));
    await quotas.database.query(
      "UPDATE quota_grants SET from_at = now() - interval '1 day', until_at = now() WHERE domain_id = $1",
      [acme.domain.id],
    );
    await sweep();
    expect(await told()).toEqual(both([100, 70, 70, 70]));
  });

  it('are told once by three processes that look at the same time, with one count of the metric', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'quaestor-thresholds-'));
    for (let index = 0; index < 2; index++) {
      const config = loadConfig({ ROLES: 'api', DATABASE_POOL: '6', DATA_DIR: dataDir, ...ROUNDS });
      const logger = createLogger({ level: 'silent', secrets: [] });
      const settings = { config, databaseUrl: quotas.databaseUrl, brokers: ['127.0.0.1:1'], logger, migrations };
      const app = await createHttpApp(
        AppModule.forRoot({ ...settings, encryptionKey: Buffer.alloc(32, 7) }),
        config,
        logger,
      );
      await app.init();
      others.push(app);
    }
    rmSync(dataDir, { recursive: true, force: true });
    const apps = [quotas.app, ...others];
    const counted = async (): Promise<number> => {
      const texts = await Promise.all(apps.map((app) => app.get(Metrics, { strict: false }).text()));
      const values = texts.flatMap((text) => [...text.matchAll(/^quaestor_quota_thresholds_total\{.*\} (\d+)$/gm)]);
      return values.reduce((sum, [, value]) => sum + Number(value), 0);
    };
    const before = await counted();
    await setLimit(20);
    const id = { domainId: acme.domain.id, quotaKey: 'namespace', scope: `user/${scope.project_id}/${scope.id}` };
    for (let taken = 0; taken < 20; taken++) {
      await Promise.all([
        reserve(`team-${String.fromCharCode(97 + taken)}`),
        ...apps.flatMap((app) => [watchOf(app).look([id]), watchOf(app).sweep(NOBODY)]),
      ]);
      // All of these may have looked before: of two thresholds between two looks only the higher is told.
      await sweep();
    }
    const all = await told();
    expect(all).toEqual(both([70, 85, 95, 100]));
    expect((await counted()) - before).toBe(4);
  });

  it('are not told again within the cooldown', async () => {
    const patient = await QuotasApp.start();
    try {
      const tenant = await patient.tenant('patient');
      const whose = { kind: 'user', project_id: tenant.project.id, id: tenant.administrator.id };
      const count = async () =>
        (await patient.recorded(tenant.domain.id)).filter(({ trace_name }) => trace_name === 'quotaThreshold').length;
      const look = () => watchOf(patient.app).sweep(NOBODY);
      for (const name of ['a', 'b', 'c']) await patient.reserve(tenant.domain.id, whose, name).expect(201);
      for (let round = 0; round < 3; round++) {
        const { body } = await patient.reserve(tenant.domain.id, whose, 'd').expect(201);
        await look();
        await patient.post(`/v1/quotas/reservations/${String(body.id)}/release`).expect(200);
        await look();
      }
      expect(await count()).toBe(1);
      await patient.reserve(tenant.domain.id, whose, 'd').expect(201);
      await look();
      expect(await count()).toBe(1);
      await patient.database.query(`UPDATE quota_counters SET threshold_at = threshold_at - interval '1 hour'`);
      await look();
      expect(await count()).toBe(2);
    } finally {
      await patient.stop();
    }
  });

  it('cost a healthy run no error', () => {
    expect(quotas.lines.filter((line) => line.includes('"level":50'))).toEqual([]);
  });
});

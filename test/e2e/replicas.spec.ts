/** Two replicas on one database: what one does to a token holds on the other with its next request. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { Service } from '../support/service.js';

describe('a token', () => {
  let database: TestDatabase;
  let folder: string;
  let replicas: Service[];

  beforeAll(async () => {
    database = await createTestDatabase();
    folder = mkdtempSync(join(tmpdir(), 'quaestor-replicas-'));
    replicas = [];
    const shared = { ROLES: 'api', DATABASE_URL: database.url, ENCRYPTION_KEY: randomBytes(32).toString('base64') };
    for (const name of ['a', 'b']) replicas.push(await Service.start({ ...shared, DATA_DIR: join(folder, name) }));
  }, 400_000);
  afterAll(async () => {
    await Promise.all(replicas.map((replica) => replica.stop()));
    await database.drop();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  const on = (service: Service, method: string, path: string, token: string, subject?: string) =>
    fetch(`${service.runtime.http}${path}`, {
      method,
      headers: { 'x-auth-token': token, ...(subject !== undefined && { 'x-subject-token': subject }) },
      signal: AbortSignal.timeout(10_000),
    });

  it('is issued by one replica, used on the other, checked by another token, deleted, and refused at once by both', async () => {
    const [a, b] = replicas as [Service, Service];
    const traces = `/v3/${a.credentials.project.id}/traces`;
    const [token, another] = [await a.signIn(), await a.signIn()];

    const listed = await on(b, 'GET', traces, token);
    expect([listed.status, await listed.json()]).toEqual([200, { traces: [], meta_data: expect.anything() }]);
    const shown = await on(b, 'GET', '/v3/auth/tokens', another, token);
    expect([shown.status, shown.headers.get('x-subject-token')]).toEqual([200, token]);
    expect(await shown.json()).toMatchObject({ token: { user: { id: a.credentials.user.id } } });

    expect((await on(a, 'DELETE', '/v3/auth/tokens', another, token)).status).toBe(204);
    for (const replica of [b, a, b, a]) {
      const refused = await on(replica, 'GET', traces, token);
      expect([refused.status, await refused.json()]).toMatchObject([401, { error_code: 'APIGW.0301' }]);
      expect((await on(replica, 'HEAD', '/v3/auth/tokens', another, token)).status).toBe(404);
      expect((await on(replica, 'GET', traces, another)).status).toBe(200);
    }
  });
});

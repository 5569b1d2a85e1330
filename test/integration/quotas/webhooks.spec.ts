/** Webhooks over HTTP, and their delivery to a receiver on this machine. */
import { createHmac } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { Notifications } from '../../../src/quotas/index.js';
import { QuotaPurgeJob } from '../../../src/quotas/quota-purge.job.js';
import { WebhookDeliveryJob } from '../../../src/quotas/webhooks/webhook-delivery.job.js';
import { QuotasApp, type Tenant } from './harness.js';

interface Received {
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

class Receiver {
  readonly received: Received[] = [];
  status = 204;
  private constructor(private readonly server: http.Server) {}

  static async start(): Promise<Receiver> {
    const server = http.createServer();
    const receiver = new Receiver(server);
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        receiver.received.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
        response.writeHead(receiver.status, { location: '/elsewhere' }).end('a secret of the receiver');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}/hook?token=sesame`;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

function signaturesOf(secrets: readonly string[], { headers, body }: Received): string {
  const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`;
  return secrets
    .map((secret) => Buffer.from(secret.replace('whsec_', ''), 'base64'))
    .map((key) => `v1,${createHmac('sha256', key).update(signed).digest('base64')}`)
    .join(' ');
}

describe('webhooks', () => {
  let quotas: QuotasApp;
  let receiver: Receiver;
  let acme: Tenant;
  let tenants = 0;

  beforeAll(async () => {
    quotas = await QuotasApp.start({ WEBHOOK_ALLOW_HTTP: 'true', WEBHOOK_ALLOWED_NETWORKS: '127.0.0.1/32' });
  });
  afterAll(() => quotas.stop());
  beforeEach(async () => {
    receiver = await Receiver.start();
    acme = await quotas.tenant(`acme-${String(++tenants)}`);
  });
  afterEach(() => {
    receiver.stop();
  });

  const patch = (path: string, body: object, token: string) =>
    quotas.http().patch(path).set('X-Auth-Token', token).send(body);
  const create = async (more: object = {}, token = acme.token) => {
    const { body } = await quotas.post('/v1/webhooks', { url: receiver.url, ...more }, token).expect(201);
    return body as { id: string; secret: string };
  };
  const run = () => quotas.app.get(WebhookDeliveryJob, { strict: false }).run(new AbortController().signal);
  const ledger = async (id: string, query = '', token = acme.token) =>
    (await quotas.get(`/v1/webhooks/${id}/deliveries${query}`, token).expect(200)).body;
  const tell = (event: string, domainId = acme.domain.id) =>
    quotas.database.transaction((transaction) =>
      quotas.app
        .get(Notifications, { strict: false })
        .notify(transaction, domainId, { event, subject: 'a-subject', data: { used: 4 } }),
    );
  /** As if the wait before the next attempt were over. */
  const dueNow = () => quotas.database.query(`UPDATE webhook_deliveries SET next_at = now() WHERE state = 'pending'`);

  it('are told of what they subscribe to, signed, and exactly once', async () => {
    const { id, secret } = await create({ events: ['quota.*'] });
    await create({ events: ['quota_request.*'] });
    await create({ enabled: false });
    await expect(tell('quota.threshold')).resolves.toBe(1);
    await run();
    await run();
    expect(receiver.received).toHaveLength(1);
    const [received] = receiver.received as [Received];
    expect(JSON.parse(received.body)).toMatchObject({
      type: 'quota.threshold',
      domain_id: acme.domain.id,
      subject: 'a-subject',
      data: { used: 4 },
    });
    expect(received.headers).toMatchObject({ 'content-type': 'application/json', 'user-agent': expect.any(String) });
    expect(received.headers['webhook-signature']).toBe(signaturesOf([secret], received));
    const { deliveries } = await ledger(id);
    expect(deliveries).toEqual([
      expect.objectContaining({
        id: received.headers['webhook-id'],
        event: 'quota.threshold',
        state: 'delivered',
        next_at: null,
        attempts: [expect.objectContaining({ status: 204, note: '' })],
      }),
    ]);
  });

  it('are told nothing of a transaction that fails', async () => {
    await create();
    const failing = quotas.database.transaction(async (transaction) => {
      await quotas.app
        .get(Notifications, { strict: false })
        .notify(transaction, acme.domain.id, { event: 'quota.threshold', subject: '', data: {} });
      throw new Error('undone');
    });
    await expect(failing).rejects.toThrow('undone');
    await run();
    expect(receiver.received).toEqual([]);
  });

  it('are those of the domain, and of the operator those that are told of every domain', async () => {
    const other = await quotas.tenant(`other-${String(tenants)}`);
    await create({}, other.token);
    await create({}, quotas.operatorToken);
    const { id } = await create({ every_domain: true, description: 'all' }, quotas.operatorToken);
    await expect(tell('quota.threshold')).resolves.toBe(1);
    expect((await ledger(id, '', quotas.operatorToken)).deliveries).toHaveLength(1);
    const refused = await quotas.post('/v1/webhooks', { url: receiver.url, every_domain: true }, acme.token);
    expect(refused.status).toBe(400);
    expect(refused.body.problems).toEqual([{ path: 'body.every_domain', message: expect.any(String) }]);
    await quotas.delete(`/v1/webhooks/${id}`, {}, quotas.operatorToken).expect(204);
  });

  it('are tried again when they fail, and given up in the end; nothing of their answers is kept', async () => {
    const { id } = await create();
    receiver.status = 302;
    await tell('quota.threshold');
    await run();
    await run();
    expect(receiver.received).toHaveLength(1);
    const once = (await ledger(id)).deliveries[0];
    expect(once).toMatchObject({ state: 'pending', attempts: [{ status: 302, note: 'redirects are not followed' }] });
    expect(once.next_at).toBeGreaterThan(once.attempts[0].at);
    for (let tries = 1; tries < 16; tries++) {
      await dueNow();
      await run();
    }
    await dueNow();
    await run();
    const [last] = (await ledger(id, '?state=failed')).deliveries;
    expect(last.attempts).toHaveLength(16);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id']))).toEqual(new Set([last.id]));
    expect(JSON.stringify(last)).not.toContain('a secret of the receiver');
    receiver.status = 200;
    await quotas.post(`/v1/webhooks/${id}/deliveries/${String(last.id)}/redeliver`, {}, acme.token).expect(202);
    await run();
    expect((await ledger(id)).deliveries[0]).toMatchObject({ id: last.id, state: 'delivered' });
    expect(receiver.received.at(-1)?.headers['webhook-id']).toBe(last.id);
  });

  it('are sent again what a process took that died', async () => {
    const { id } = await create();
    await tell('quota.threshold');
    await quotas.database.query(
      `UPDATE webhook_deliveries SET tries = 1, next_at = now() + interval '1 hour' WHERE webhook_id = $1`,
      [id],
    );
    await run();
    expect(receiver.received).toEqual([]);
    await dueNow();
    await run();
    expect(receiver.received).toHaveLength(1);
    await quotas.post(`/v1/webhooks/${id}/test`, {}, acme.token).expect(202);
    await quotas.database.query(`UPDATE webhook_deliveries SET tries = 16 WHERE webhook_id = $1`, [id]);
    await run();
    expect((await ledger(id, '?state=failed')).deliveries).toHaveLength(1);
  });

  it('wait where their address is not allowed any more', async () => {
    const { id } = await create();
    await quotas.database.query(`UPDATE webhooks SET url = 'http://localhost:1/' WHERE id = $1`, [id]);
    await tell('quota.threshold');
    await run();
    expect((await ledger(id)).deliveries[0]).toMatchObject({ state: 'pending', attempts: [{ status: null }] });
    await quotas.database.query(`UPDATE webhooks SET url = 'http://169.254.169.254/' WHERE id = $1`, [id]);
    await dueNow();
    await run();
    expect((await ledger(id)).deliveries[0].attempts[1].note).toBe('it is at an address that is not allowed');
  });

  it('sign with the former secret as well for as long as was asked for', async () => {
    const { id, secret } = await create();
    const rotated = await quotas.post(`/v1/webhooks/${id}/rotate-secret`, {}, acme.token).expect(200);
    expect(rotated.body.previous_secret_until).toBeGreaterThan(Date.now());
    const next = String(rotated.body.secret);
    await quotas.post(`/v1/webhooks/${id}/test`, {}, acme.token).expect(202);
    await run();
    const [first] = receiver.received as [Received];
    expect(JSON.parse(first.body)).toMatchObject({ type: 'webhook.test' });
    expect(first.headers['webhook-signature']).toBe(signaturesOf([next, secret], first));
    const last = await quotas.post(`/v1/webhooks/${id}/rotate-secret`, { grace_hours: 0 }, acme.token).expect(200);
    expect(last.body.previous_secret_until).toBeNull();
    await quotas.post(`/v1/webhooks/${id}/test`, {}, acme.token).expect(202);
    await run();
    const [, second] = receiver.received as [Received, Received];
    expect(second.headers['webhook-signature']).toBe(signaturesOf([String(last.body.secret)], second));
  });

  it('are read and changed by their ETag, and tell their secret only when it is made', async () => {
    const { id, secret } = await create({ events: ['quota.*', 'quota.*'] });
    const shown = await quotas.get(`/v1/webhooks/${id}`, acme.token).expect(200);
    expect(shown.headers.etag).toBe('"1"');
    expect(shown.body).toMatchObject({ url: receiver.url, events: ['quota.*'], enabled: true });
    expect(shown.text).not.toContain(secret);
    const changed = await patch(`/v1/webhooks/${id}`, { enabled: false }, acme.token).set('If-Match', '"1"');
    expect([changed.status, changed.headers.etag, changed.body.enabled]).toEqual([200, '"2"', false]);
    await patch(`/v1/webhooks/${id}`, { enabled: true }, acme.token).set('If-Match', '"1"').expect(412);
    const listed = await quotas.get('/v1/webhooks', acme.token).expect(200);
    expect(listed.body.webhooks).toEqual([changed.body]);
    await quotas.delete(`/v1/webhooks/${id}`, {}, acme.token).set('If-Match', '"1"').expect(412);
    await quotas.delete(`/v1/webhooks/${id}`, {}, acme.token).expect(204);
    await quotas.get(`/v1/webhooks/${id}`, acme.token).expect(404);
    const stored = JSON.stringify(await quotas.recorded(acme.domain.id));
    expect(stored).toContain('createWebhook');
    expect(stored).toContain('deleteWebhook');
    expect(stored).not.toContain('sesame');
    expect(stored).not.toContain(secret);
  });

  it.each<[object, string]>([
    [{ url: 'http://10.0.0.1/' }, 'body.url'],
    [{ url: 'https://localhost/', events: [] }, 'body.events'],
    [{ url: 'https://hooks.example.org/', events: ['Quota'] }, 'body.events[0]'],
    [{ url: 'ftp://hooks.example.org/' }, 'body.url'],
    [{ url: 'https://hooks.example.org/', secret: 'mine' }, 'body.secret'],
    [{}, 'body.url'],
  ])('are refused as %j', async (body, path) => {
    const refused = await quotas.post('/v1/webhooks', body, acme.token).expect(400);
    expect(refused.body.problems.map((problem: { path: string }) => problem.path)).toEqual([path]);
  });

  it('are at most ten in a domain, also at once', async () => {
    const made = await Promise.all(
      Array.from({ length: 12 }, () => quotas.post('/v1/webhooks', { url: receiver.url }, acme.token)),
    );
    expect(made.map(({ status }) => status).sort()).toEqual([...Array<number>(10).fill(201), 409, 409]);
  });

  it('page through what they were told', async () => {
    const { id } = await create();
    for (let sent = 0; sent < 5; sent++) await tell(`quota.e${String(sent)}`);
    const seen: string[] = [];
    for (let cursor = ''; ;) {
      const page = await ledger(id, `?limit=2${cursor}`);
      seen.push(...page.deliveries.map(({ event }: { event: string }) => event));
      if (page.page.next === null) break;
      cursor = `&cursor=${String(page.page.next)}`;
    }
    expect(seen).toEqual(['quota.e4', 'quota.e3', 'quota.e2', 'quota.e1', 'quota.e0']);
    await quotas.get(`/v1/webhooks/${id}/deliveries?cursor=x`, acme.token).expect(400);
  });

  it('leave the ledger an hour after they were delivered, or after a week', async () => {
    const { id } = await create();
    for (const event of ['fresh', 'delivered', 'failed', 'old']) await tell(event);
    const age = (event: string, change: string) =>
      quotas.database.query(`UPDATE webhook_deliveries SET ${change} WHERE webhook_id = $1 AND event = $2`, [
        id,
        event,
      ]);
    await age('fresh', `state = 'delivered', finished_at = now() - interval '50 minutes'`);
    await age('delivered', `state = 'delivered', finished_at = now() - interval '70 minutes'`);
    await age('failed', `state = 'failed', created_at = now() - interval '6 days'`);
    await age('old', `state = 'failed', created_at = now() - interval '8 days'`);
    await quotas.app.get(QuotaPurgeJob, { strict: false }).run(new AbortController().signal);
    const left = (await ledger(id)).deliveries.map(({ event }: { event: string }) => event);
    expect(left.sort()).toEqual(['failed', 'fresh']);
  });
});

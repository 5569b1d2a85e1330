import { IdentityApp } from './harness.js';
import { DAY_MS } from '../../../src/kernel/clock.js';

describe('Idempotency-Key', () => {
  let service: IdentityApp;
  let token: string;
  beforeAll(async () => {
    service = await IdentityApp.start();
    token = await service.operatorToken();
  });
  afterAll(() => service.stop());
  const domain = (name: string) => ({
    name,
    projects: [{ name: 'cn-north-4', region: 'cn-north-4' }],
    administrator: { name: 'root', password: 'Very-Fine-Word-1' },
  });
  const post = (key: string, body: object) =>
    service.http().post('/v1/domains').set({ 'X-Auth-Token': token, 'Idempotency-Key': key }).send(body);

  it('answers the same request again with the same, having done it once, also when they come together', async () => {
    const answers = await Promise.all([1, 2, 3].map(() => post('together', domain('once'))));
    answers.push(await post('together', domain('once')));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    const rows = await service.database.query("SELECT 1 FROM domains WHERE name = 'once'");
    expect(rows).toHaveLength(1);
    const traces = (await service.recorded()).filter(({ resource_name: name }) => name === 'once');
    expect(traces).toHaveLength(1);
  });

  it('refuses the key for another request', async () => {
    await post('other', domain('first-of-other')).expect(201);
    const { body } = await post('other', domain('second-of-other')).expect(422);
    expect(body.error_code).toBe('QST.IdempotencyConflict');
    await post('other-key', domain('second-of-other')).expect(201);
  });

  it('keeps no failure: the key is free for another try', async () => {
    await post('failed', domain('once')).expect(409);
    await post('failed', domain('after-failure')).expect(201);
  });

  it('forgets after a day', async () => {
    await post('old', domain('of-old')).expect(201);
    const [kept] = await service.database.query<{ ms: string }>(
      "SELECT extract(epoch FROM expires_at - now()) * 1000 AS ms FROM idempotency_keys WHERE idempotency_key = 'old'",
    );
    expect(Number(kept?.ms)).toBeGreaterThan(DAY_MS - 60_000);
    await service.database.query("UPDATE idempotency_keys SET expires_at = now() WHERE idempotency_key <> 'together'");
    await post('old', domain('of-new')).expect(201);
    const left = await service.database.query('SELECT idempotency_key FROM idempotency_keys ORDER BY 1');
    expect(left).toEqual([{ idempotency_key: 'old' }, { idempotency_key: 'together' }]);
  });

  it('keeps the password of nobody', async () => {
    const rows = await service.database.query('SELECT row_to_json(idempotency_keys) AS row FROM idempotency_keys');
    expect(JSON.stringify(rows)).not.toContain('Very-Fine');
  });

  it.each([
    ['an empty one', ''],
    ['blanks', 'a b'],
    ['one that is too long', 'x'.repeat(256)],
  ])('refuses %s', async (_, key) => {
    const { body } = await post(key, domain('never')).expect(400);
    expect(body.problems).toMatchObject([{ path: 'header.Idempotency-Key' }]);
  });
});

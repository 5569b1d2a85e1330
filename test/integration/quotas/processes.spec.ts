import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrations } from '../../../migrations/index.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { reaches } from '../../support/reaches.js';
import { launch } from '../../support/service.js';

const PROCESSES = 3;
const CLIENTS = 64;
const LIMIT = 500;
const PASSWORD = 'correct horse battery';

/** The API role of one installation three times, as replicas run it. */
describe('three processes', () => {
  const folders = Array.from({ length: PROCESSES }, () => mkdtempSync(join(tmpdir(), 'quaestor-replica-')));
  let database: TestDatabase;
  let replicas: ReturnType<typeof launch>[] = [];
  let urls: string[] = [];
  const agent = new Agent({ keepAlive: true });

  beforeAll(async () => {
    database = await createTestDatabase(migrations);
    const common = {
      ROLES: 'api',
      PORT: '0',
      DATABASE_URL: database.url,
      ENCRYPTION_KEY: randomBytes(32).toString('base64'),
      KAFKA_BROKERS: '127.0.0.1:1',
      LOG_LEVEL: 'silent',
      BOOTSTRAP_PASSWORD: PASSWORD,
    };
    replicas = folders.map((DATA_DIR) => launch('start', [], { ...common, DATA_DIR }));
    urls = await Promise.all(
      folders.map(async (folder, index) => {
        const file = join(folder, 'runtime.json');
        const isDone = () => existsSync(file) || !replicas[index]!.running;
        await reaches('a replica listens, or ended', isDone, Boolean, 240_000);
        if (!existsSync(file)) throw new Error((await replicas[index]!.finished).stderr);
        return (JSON.parse(readFileSync(file, 'utf8')) as { http: string }).http;
      }),
    );
  }, 300_000);
  afterAll(async () => {
    agent.destroy();
    for (const { child } of replicas) child.kill('SIGTERM');
    await Promise.all(replicas.map(({ finished }) => finished));
    await database.drop();
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  interface Answer {
    readonly status: number;
    readonly headers: Record<string, string | string[] | undefined>;
    readonly body: Record<string, never>;
  }
  function call(url: string, method: string, body: object, headers: Record<string, string> = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const sent = request(
        url,
        { method, agent, headers: { 'content-type': 'application/json', ...headers } },
        (answer) => {
          let text = '';
          answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
          answer.on('end', () => {
            resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: JSON.parse(text || '{}') });
          });
        },
      );
      sent.on('error', reject);
      sent.end(JSON.stringify(body));
    });
  }

  it(`grant exactly ${String(LIMIT)} to ${String(CLIENTS)} clients that want more, each key once`, async () => {
    const user = { name: 'admin', password: PASSWORD, domain: { name: 'operator' } };
    const login = { auth: { identity: { methods: ['password'], password: { user } } } };
    const signed = await call(`${urls[0]!}/v3/auth/tokens`, 'POST', login);
    expect(signed.status).toBe(201);
    const token = { 'x-auth-token': String(signed.headers['x-subject-token']) };
    const definition = { scope_kind: 'domain', mode: 'enforce', default_limit: LIMIT, reason: 'test' };
    expect((await call(`${urls[0]!}/v1/quotas/definitions/robot`, 'PUT', definition, token)).status).toBe(200);
    const credentials = JSON.parse(readFileSync(join(folders[0]!, 'credentials.json'), 'utf8')) as {
      domain: { id: string };
    };
    const scope = { kind: 'domain', id: credentials.domain.id };
    const granted: string[] = [];
    let [asked, refused] = [0, 0];
    const client = async (number: number): Promise<void> => {
      while (asked < LIMIT + 200) {
        const key = `ask-${String((asked += 1))}`;
        const body = { items: [{ quota_key: 'robot', scope, amount: 1 }] };
        // Every tenth asks two replicas with the same key at once: it is one reservation.
        const targets = asked % 10 === 0 ? [number, number + 1] : [number];
        const answers = await Promise.all(
          targets.map((at) =>
            call(`${urls[at % PROCESSES]!}/v1/quotas/reservations`, 'POST', body, { ...token, 'idempotency-key': key }),
          ),
        );
        expect(new Set(answers.map(({ status, body: { id } }) => `${String(status)} ${String(id)}`)).size).toBe(1);
        if (answers[0]?.status === 201) granted.push(String(answers[0].body['id']));
        else if (answers[0]?.status === 409) refused += 1;
        else throw new Error(JSON.stringify(answers[0]));
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, (_, number) => client(number)));
    expect(granted).toHaveLength(LIMIT);
    expect(new Set(granted).size).toBe(LIMIT);
    expect(refused).toBe(asked - LIMIT);
  }, 120_000);
});

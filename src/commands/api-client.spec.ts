import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApiClient, refusalOf } from './api-client.js';

const LOGIN = { user: 'admin', password: 'secret word', domain: 'operator', projectId: 'p1' };

/** A service that lets `admin` in; `answer` is asked about everything else. */
class FakeService {
  logins: unknown[] = [];
  seen: { method: string; url: string; token: string | undefined; body: string }[] = [];
  valid = new Set<string>();
  answer: (request: FakeService['seen'][number], response: ServerResponse) => void = (_, response) => {
    response.end('{"ok":true}');
  };
  private readonly server: Server;

  constructor() {
    this.server = createServer((request, response) => void this.handle(request, response));
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    if (request.url?.startsWith('/v3/auth/tokens')) this.signIn(body, response);
    else {
      const token = request.headers['x-auth-token'];
      const seen = {
        method: request.method ?? '',
        url: request.url ?? '',
        token: typeof token === 'string' ? token : undefined,
        body,
      };
      this.seen.push(seen);
      if (this.valid.has(seen.token ?? '')) this.answer(seen, response);
      else response.writeHead(401).end('{"error_msg":"token"}');
    }
  }

  private signIn(body: string, response: ServerResponse): void {
    this.logins.push(JSON.parse(body));
    if (!body.includes(LOGIN.password)) {
      response.writeHead(401).end('{"error_msg":"The username or password is wrong."}');
      return;
    }
    const token = `token-${String(this.logins.length)}`;
    this.valid.add(token);
    response.writeHead(201, { 'x-subject-token': token }).end('{"token":{}}');
  }
}

describe('the client of commands', () => {
  let service: FakeService;
  let url: string;
  const client = (login = LOGIN) => new ApiClient(url, () => Promise.resolve(login));

  beforeEach(async () => {
    service = new FakeService();
    url = await service.start();
  });
  afterEach(async () => {
    await service.stop();
  });

  it('signs in once, scoped to the project, when it is first needed', async () => {
    const api = client();
    expect(service.logins).toEqual([]);
    const answers = await Promise.all([api.get('/v1/a', { x: '1', y: ['2', '3'], z: undefined }), api.get('/v1/b')]);
    expect(answers).toEqual([
      { status: 200, body: { ok: true } },
      { status: 200, body: { ok: true } },
    ]);
    expect(service.logins).toEqual([
      {
        auth: {
          identity: {
            methods: ['password'],
            password: { user: { name: 'admin', password: LOGIN.password, domain: { name: 'operator' } } },
          },
          scope: { project: { id: 'p1' } },
        },
      },
    ]);
    expect(service.seen.map(({ url: asked }) => asked).sort()).toEqual(['/v1/a?x=1&y=2&y=3', '/v1/b']);
  });

  it('signs in again when the token has run out, and repeats what it asked', async () => {
    const api = client();
    await api.get('/v1/a');
    service.valid.clear();
    expect(await api.post('/v1/b', { c: 1 })).toMatchObject({ status: 200 });
    expect(service.logins).toHaveLength(2);
    expect(service.seen.at(-1)).toMatchObject({ method: 'POST', token: 'token-2', body: '{"c":1}' });
  });

  it('passes on any status as an answer', async () => {
    service.answer = (_, response) => response.writeHead(409).end('{"error_msg":"no"}');
    const answer = await client().post('/v1/b', {});
    expect(answer).toEqual({ status: 409, body: { error_msg: 'no' } });
    expect(refusalOf(answer)).toBe('no');
    expect(refusalOf({ status: 500, body: null })).toBe('status 500');
  });

  it('reads again what is unavailable for a moment, and changes nothing twice', async () => {
    service.answer = (_, response) => response.writeHead(service.seen.length < 3 ? 503 : 200).end('{}');
    const api = client();
    expect(await api.get('/v1/a')).toMatchObject({ status: 200 });
    expect(service.seen).toHaveLength(3);
    service.answer = (_, response) => response.writeHead(503).end('{}');
    expect(await api.post('/v1/b', {})).toMatchObject({ status: 503 });
    expect(service.seen).toHaveLength(4);
  });

  it('says why it is not let in', async () => {
    await expect(client({ ...LOGIN, password: 'other' }).post('/v1/a', {})).rejects.toThrow(
      'signing in as admin was refused: The username or password is wrong.',
    );
  });

  it('says that the service cannot be reached', async () => {
    await service.stop();
    await expect(client().post('/v1/a', {})).rejects.toThrow(`${url} cannot be reached: `);
    await service.start();
  });

  it('gives up on an answer that does not come', async () => {
    service.answer = () => undefined;
    await expect(client().post('/v1/a', {}, { timeoutMs: 200 })).rejects.toThrow();
  });

  it('streams, until it is told to stop', async () => {
    const gone = new Promise<void>((resolve) => {
      service.answer = (_, response) => {
        response.on('close', resolve).write('first\n');
      };
    });
    const stop = new AbortController();
    const response = await client().open('GET', '/v1/stream', { signal: stop.signal });
    const reader = response.body?.getReader();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('first\n');
    stop.abort();
    await expect(reader?.read()).rejects.toThrow();
    await gone;
  });
});

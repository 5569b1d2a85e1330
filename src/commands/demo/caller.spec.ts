import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApiClient } from '../api-client.js';
import { Caller, NotInTime, type Persistence } from './caller.js';
import { silentTeller, type ToldCall } from './teller.js';

const LOGIN = { user: 'u', password: 'p', domain: 'd', projectId: 'p1' };

/** Answers by a script, one entry a request; `cut` ends the connection in the middle of the answer. */
class ScriptedService {
  script: (number | 'cut')[] = [];
  keys: unknown[] = [];
  private readonly server: Server = createServer((request, response) => {
    if (request.url?.startsWith('/v3/auth/tokens')) response.writeHead(201, { 'x-subject-token': 't' }).end('{}');
    else {
      this.keys.push(request.headers['idempotency-key']);
      this.answer(this.script.shift() ?? 200, response);
    }
  });

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private answer(next: number | 'cut', response: ServerResponse): void {
    if (next === 'cut') {
      response.writeHead(200, { 'content-length': '1000' }).write('{"half":');
      response.destroy();
    } else response.writeHead(next, { 'content-type': 'application/json' }).end('{"error_msg":"said so"}');
  }
}

describe('a caller of the story', () => {
  let service: ScriptedService;
  let urls: string[];
  let calls: ToldCall[];
  let notes: string[];
  let stop: AbortController;

  const caller = (more: Partial<Persistence> = {}) =>
    new Caller(
      'chen',
      // The last one stays: a service that came back.
      new ApiClient(
        () => (urls.length > 1 ? urls.shift() : urls[0]) ?? '',
        () => Promise.resolve(LOGIN),
      ),
      { ...silentTeller, call: (call) => void calls.push(call), note: (text) => void notes.push(text) },
      { patienceMs: 5_000, deadlineMs: 5_000, signal: stop.signal, ...more },
    );

  beforeEach(async () => {
    service = new ScriptedService();
    urls = [await service.start()];
    calls = [];
    notes = [];
    stop = new AbortController();
  });
  afterEach(() => service.stop());

  it('asks again, with the same key, while the service is away, busy, or breaks off, and says so once', async () => {
    service.script = [503, 'cut', 429, 201];
    urls.unshift('http://127.0.0.1:1');
    const ask = { expect: [201], headers: { 'idempotency-key': 'k' }, tell: () => 'made' };
    expect((await caller().ask('POST', '/v1/things', ask)).status).toBe(201);
    expect(service.keys).toEqual(['k', 'k', 'k', 'k']);
    expect(calls).toMatchObject([{ who: 'chen', method: 'POST', path: '/v1/things', status: 201, told: 'made' }]);
    expect(notes).toHaveLength(1);
  });

  it('ends when its patience does', async () => {
    urls = ['http://127.0.0.1:1'];
    await expect(caller({ patienceMs: 1 }).ask('GET', '/v1/a', { expect: [200] })).rejects.toThrow('cannot be reached');
  });

  it('makes a call that was refused only once, and names it', async () => {
    service.script = [409, 200];
    await expect(caller().ask('POST', '/v1/a', { expect: [200], query: { x: '1' } })).rejects.toThrow(
      'chen: POST /v1/a?x=1 answered 409: said so',
    );
    expect(service.keys).toHaveLength(1);
  });

  it('waits for what it is to see, and tells how often it asked', async () => {
    service.script = [404, 404, 200];
    const wait = { expect: [200, 404], tell: () => 'there', holds: ({ status }: { status: number }) => status === 200 };
    await caller().until('GET', '/v1/a', wait);
    expect(calls).toMatchObject([{ told: 'there', times: 3 }]);
    await expect(caller().until('GET', '/v1/a', { ...wait, holds: () => false, deadlineMs: 1 })).rejects.toBeInstanceOf(
      NotInTime,
    );
  });

  it('stops at once when it is told to', async () => {
    stop.abort();
    await expect(caller().ask('GET', '/v1/a', { expect: [200] })).rejects.toThrow();
    expect(service.keys).toEqual([]);
  });
});

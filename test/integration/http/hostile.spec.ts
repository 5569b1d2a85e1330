/** Callers who mean harm: each is refused in clear words, with what it may cost us bounded, and the service goes on. */
import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { openApiText } from '../../../src/platform/http/openapi.js';
import { sendRaw } from '../../support/raw-http.js';
import { IdentityApp } from '../identity/harness.js';

interface Refusal {
  readonly error_code: string;
  readonly error_msg: string;
}

interface Operation {
  readonly requestBody?: { readonly content: Record<string, { readonly schema: Schema }> };
}

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
}

const MIB = 1_024 * 1_024;
/** Several times what fills the stack of whoever calls itself once a level. */
const DEPTH = 50_000;
const DEEP = `${'['.repeat(DEPTH)}${']'.repeat(DEPTH)}`;

describe('a hostile caller', () => {
  let service: IdentityApp;
  let base: string;
  let token: string;

  beforeAll(async () => {
    service = await IdentityApp.start();
    await service.app.listen(0, '127.0.0.1');
    base = `http://127.0.0.1:${String((service.app.getHttpServer().address() as AddressInfo).port)}`;
    token = await service.operatorToken();
  });
  afterAll(() => service.stop());

  const open = async (): Promise<Socket> => {
    const socket = connect(Number(new URL(base).port), '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  };
  /** All that comes until the other side ends. */
  const answerOn = (socket: Socket): Promise<string> => {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    return new Promise((resolve) => {
      socket.once('close', () => {
        resolve(Buffer.concat(chunks).toString());
      });
    });
  };
  const json = { 'content-type': 'application/json' };

  it('who floods with headers is told so, and cut off', async () => {
    for (const header of [`X-Flood: ${'f'.repeat(20_000)}`, 'X-Flood: 123456\r\n'.repeat(2_000).trim()]) {
      const socket = await open();
      socket.write(`GET /healthz HTTP/1.1\r\nHost: x\r\n${header}\r\n\r\n`);
      expect(await answerOn(socket)).toMatch(/^HTTP\/1\.1 431 [^]*"QST\.HeadersTooLarge"/);
    }
  });

  it('who announces a body beyond the limit is refused before it is sent', async () => {
    const socket = await open();
    socket.write('POST /v3/auth/tokens HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n');
    socket.write(`Content-Length: ${String(1_024 * MIB)}\r\n\r\n{`);
    expect(await answerOn(socket)).toMatch(/^HTTP\/1\.1 413 [^]*"QST\.TooLarge"/);
  });

  it.each(['POST', 'GET'])('who never ends a body of %s is refused near the limit', async (method) => {
    const socket = await open();
    const answered = answerOn(socket);
    let closed = false;
    let sent = 0;
    socket.once('close', () => (closed = true));
    socket.write(`${method} /v3/auth/tokens HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n`);
    socket.write('Transfer-Encoding: chunked\r\n\r\n');
    const chunk = Buffer.from(`10000\r\n${' '.repeat(65_536)}\r\n`);
    const send = (): void => {
      // What both kernels buffer is not ours to bound.
      while (!closed && sent < 64 * MIB) {
        sent += 65_536;
        if (!socket.write(chunk)) {
          socket.once('drain', send);
          return;
        }
      }
    };
    send();
    expect(await answered).toMatch(/^HTTP\/1\.1 413 [^]*"QST\.TooLarge"/);
    expect(sent).toBeLessThan(16 * MIB);
  });

  it('who packs a body gets it back unopened', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * MIB, ' '));
    for (const encoding of ['gzip', 'x-gzip', 'deflate', 'br', 'zstd', 'gzip, identity']) {
      const headers = { ...json, 'content-encoding': encoding };
      const request = { method: 'POST', path: '/v3/auth/tokens', headers, body: bomb };
      const { status, body } = await sendRaw<Refusal>(base, request);
      expect([encoding, status, body.error_code]).toEqual([encoding, 415, 'QST.UnsupportedMediaType']);
      expect(body.error_msg).toMatch(/Content-Encoding/);
    }
    const plain = { method: 'POST', path: '/v3/auth/tokens', headers: { ...json, 'content-encoding': 'identity' } };
    expect((await sendRaw<Refusal>(base, { ...plain, body: '{}' })).status).toBe(400);
  });

  it('who nests JSON without end gets no 5xx, in any member of any body, nor in a text that is read as JSON', async () => {
    const { paths } = JSON.parse(openApiText(service.app)) as { paths: Record<string, Record<string, Operation>> };
    const bodies = Object.entries(paths).flatMap(([path, operations]) =>
      Object.entries(operations).flatMap(([method, { requestBody }]) =>
        requestBody === undefined
          ? []
          : deepBodies(Object.values(requestBody.content)[0]?.schema ?? {}).map((body) => ({ method, path, body })),
      ),
    );
    expect(bodies.length).toBeGreaterThan(100);
    const failed: unknown[] = [];
    for (const { method, path, body } of bodies) {
      const answer = await sendRaw<Refusal>(base, {
        method: method.toUpperCase(),
        path: path.replace(/\{\w+\}/g, 'x'),
        headers: { ...json, 'x-auth-token': token },
        body,
      });
      if (answer.status >= 500) failed.push([method, path, body.slice(0, 60), answer.status]);
    }
    expect(failed).toEqual([]);
    expect((await fetch(`${base}/healthz`)).status).toBe(200);
  }, 300_000);

  it('who sends by drops, headers or body, is cut off', async () => {
    const begun = [
      'GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ',
      'POST /v3/auth/tokens HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n',
    ];
    const answers = await Promise.all(
      begun.map(async (start) => {
        const socket = await open();
        socket.write(start);
        const drip = setInterval(() => socket.write('1'), 500);
        return answerOn(socket).finally(() => {
          clearInterval(drip);
        });
      }),
    );
    for (const answer of answers) expect(answer).toMatch(/^HTTP\/1\.1 408 [^]*"QST\.RequestTimeout"/);
  }, 120_000);
});

/** The body as a whole, and each of its members, and each of theirs, as an abyss. */
function deepBodies(schema: Schema): string[] {
  const members = Object.entries(schema.properties ?? {});
  return [
    DEEP,
    ...members.flatMap(([name]) => [DEEP, `"${DEEP}"`].map((value) => `{${JSON.stringify(name)}:${value}}`)),
    ...members.flatMap(([name, { properties = {} }]) =>
      Object.keys(properties).map((inner) => `{${JSON.stringify(name)}:{${JSON.stringify(inner)}:${DEEP}}}`),
    ),
  ];
}

/** Against servers on this machine, which are allowed one by one. */
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { selfSignedCertificate } from '../../../test/support/certificate.js';
import { AddressPolicy } from './address-policy.js';
import { type OutboundRules, post } from './outbound.js';

const NEVER = new AbortController().signal;

describe('a request to where somebody else says', () => {
  let server: http.Server | https.Server;
  let seen: { url: string; host: string; body: string }[];
  let answer: (response: http.ServerResponse) => void;

  const onRequest = (request: http.IncomingMessage, response: http.ServerResponse): void => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { url = '', headers } = request;
      seen.push({ url, host: String(headers.host), body: Buffer.concat(chunks).toString() });
      answer(response);
    });
  };

  beforeEach(async () => {
    seen = [];
    answer = (response) => response.writeHead(204).end();
    await listen(http.createServer(onRequest));
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  function listen(created: http.Server | https.Server): Promise<void> {
    server = created;
    return new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  }
  const port = () => String((server.address() as AddressInfo).port);
  const rules = (more: Partial<OutboundRules> = {}): OutboundRules => ({
    addresses: new AddressPolicy(['127.0.0.1/32']),
    allowHttp: true,
    timeoutMs: 10_000,
    ...more,
  });
  const send = (url: string, given: OutboundRules, signal = NEVER) =>
    post({ url, headers: { 'x-own': 'a' }, body: Buffer.from('{"a":1}') }, given, signal);

  it('goes to the address that was checked, under the name it was asked for, having resolved it once', async () => {
    const resolve = jest.fn().mockResolvedValueOnce(['127.0.0.1']).mockResolvedValue(['10.0.0.1']);
    await expect(send(`http://hooks.invalid:${port()}/a?b=c`, rules({ resolve }))).resolves.toBe(204);
    expect(resolve.mock.calls).toEqual([['hooks.invalid']]);
    expect(seen).toEqual([{ url: '/a?b=c', host: `hooks.invalid:${port()}`, body: '{"a":1}' }]);
  });

  it.each([
    ['one of its addresses is not allowed', ['127.0.0.1', '169.254.169.254']],
    ['it is at loopback, and only another address there is allowed', ['127.0.0.2']],
    ['it has none', []],
  ])('is not sent where %s', async (_, addresses) => {
    const resolve = () => Promise.resolve(addresses);
    await expect(send(`http://hooks.invalid:${port()}/`, rules({ resolve }))).rejects.toThrow(
      /not allowed|has no address/,
    );
    expect(seen).toEqual([]);
  });

  it('is not sent to an address in the URL that is not allowed, nor over http unless that is', async () => {
    const strict = rules({ addresses: new AddressPolicy([]) });
    await expect(send(`http://127.0.0.1:${port()}/`, strict)).rejects.toThrow('not allowed');
    await expect(send(`http://127.0.0.1:${port()}/`, rules({ allowHttp: false }))).rejects.toThrow('only https');
    expect(seen).toEqual([]);
  });

  it('takes another address of the name where nobody listens at the first', async () => {
    const addresses = new AddressPolicy(['127.0.0.0/8']);
    const resolve = () => Promise.resolve(['127.0.0.2', '127.0.0.1']);
    await expect(send(`http://hooks.invalid:${port()}/`, rules({ addresses, resolve }))).resolves.toBe(204);
  });

  it('follows no redirect', async () => {
    answer = (response) => response.writeHead(302, { location: `http://127.0.0.1:${port()}/there` }).end();
    await expect(send(`http://127.0.0.1:${port()}/`, rules())).resolves.toBe(302);
    expect(seen.map(({ url }) => url)).toEqual(['/']);
  });

  it('reads no more of the answer than a little', async () => {
    let closed = false;
    answer = (response) => {
      response.on('close', () => (closed = true));
      const pour = (): void => {
        while (!closed && response.write(Buffer.alloc(65_536)));
      };
      response.writeHead(200).on('drain', pour);
      pour();
    };
    await expect(send(`http://127.0.0.1:${port()}/`, rules())).resolves.toBe(200);
  });

  it.each([
    ['does not answer', () => undefined],
    ['does not end its answer', (response: http.ServerResponse) => response.writeHead(200).write('a')],
  ])('ends in time where the receiver %s', async (_, behave) => {
    answer = behave;
    await expect(send(`http://127.0.0.1:${port()}/`, rules({ timeoutMs: 200 }))).rejects.toThrow();
  });

  it('ends in time where the name is not resolved', async () => {
    const resolve = () => new Promise<never>(() => undefined);
    await expect(send('http://hooks.invalid/', rules({ resolve, timeoutMs: 100 }))).rejects.toThrow('took longer');
  });

  it('trusts no certificate that nobody vouches for', async () => {
    server.close();
    await listen(https.createServer(selfSignedCertificate('hooks.invalid'), onRequest));
    const resolve = () => Promise.resolve(['127.0.0.1']);
    await expect(send(`https://hooks.invalid:${port()}/`, rules({ resolve }))).rejects.toMatchObject({
      code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    });
    expect(seen).toEqual([]);
  });
});

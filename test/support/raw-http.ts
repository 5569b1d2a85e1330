/** Requests that are sent as they are told: no client touches the path, nor refuses a body to GET. */
import { type IncomingHttpHeaders, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

export interface RawRequest {
  readonly method: string;
  /** As it goes over the wire. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

export interface RawAnswer<Body> {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Body;
}

const LIMIT_MS = 20_000;

/** @param base `http://…` or `https://…`, whose certificate is not checked */
export function sendRaw<Body>(base: string, { method, path, headers, body }: RawRequest): Promise<RawAnswer<Body>> {
  const { protocol, hostname, port } = new URL(base);
  const options = { hostname, port, method, path, headers, timeout: LIMIT_MS, agent: false as const };
  return new Promise((resolve, reject) => {
    const sent = protocol === 'https:' ? httpsRequest({ ...options, rejectUnauthorized: false }) : httpRequest(options);
    sent.on('timeout', () => sent.destroy(new Error(`no answer within ${String(LIMIT_MS)} ms`)));
    sent.on('error', reject);
    sent.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: (text === '' ? null : JSON.parse(text)) as Body,
        });
      });
    });
    if (body !== undefined) sent.setHeader('content-length', Buffer.byteLength(body));
    sent.end(body);
  });
}

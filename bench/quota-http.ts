/** Callers of the API on kept-alive connections, for the quota benchmark; and how long they waited. */
import { Agent, request } from 'node:http';
import type { Scope } from '../src/quotas/core/scope.js';
import { type BenchStack, firstAdministrator } from './bench-stack.js';

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly text: string;
}

export interface HttpCallers {
  wireScope(scope: Scope): Record<string, string>;
  /** Shares `total` requests among the callers. Throws for any other status than the expected. */
  run(
    total: number,
    path: string,
    status: number,
    body: (index: number) => object,
    idempotencyKey?: (index: number) => string,
  ): Promise<void>;
  p95Ms(path: string): number;
  close(): void;
}

export async function openHttpCallers({ app }: BenchStack, callers: number): Promise<HttpCallers> {
  const credentials = await firstAdministrator(app);
  await app.listen(0, '127.0.0.1');
  const address = app.getHttpServer().address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  const agent = new Agent({ keepAlive: true, maxSockets: callers });
  const call = caller(port, agent);
  const user = {
    name: credentials.user.name,
    password: credentials.user.password,
    domain: { name: credentials.domain.name },
  };
  const login = await call(
    '/v3/auth/tokens',
    { auth: { identity: { methods: ['password'], password: { user } } } },
    {},
  );
  const token = String(login.headers['x-subject-token']);
  const waited = new Map<string, number[]>();
  return {
    wireScope: ({ projectId, id }) => ({ kind: 'user', project_id: projectId, id }),
    run: async (total, path, status, body, idempotencyKey) => {
      const times: number[] = [];
      let next = 0;
      const loop = async (): Promise<void> => {
        while (next < total) {
          const index = next++;
          const key = idempotencyKey?.(index);
          const startedAt = performance.now();
          const answer = await call(path, body(index), {
            'x-auth-token': token,
            ...(key !== undefined && { 'idempotency-key': key }),
          });
          times.push(performance.now() - startedAt);
          if (answer.status !== status) throw new Error(`${path}: ${String(answer.status)} ${answer.text}`);
        }
      };
      await Promise.all(Array.from({ length: callers }, loop));
      waited.set(path, times);
    },
    p95Ms: (path) => {
      const times = [...(waited.get(path) ?? [])].sort((left, right) => left - right);
      return times[Math.floor(times.length * 0.95)] ?? Number.NaN;
    },
    close: () => {
      agent.destroy();
    },
  };
}

function caller(port: number, agent: Agent) {
  return (path: string, body: object, headers: Record<string, string>): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const text = JSON.stringify(body);
      const sent = request(
        {
          host: '127.0.0.1',
          port,
          path,
          method: 'POST',
          agent,
          headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text), ...headers },
        },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('end', () => {
            const whole = Buffer.concat(chunks).toString('utf8');
            resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text: whole });
          });
        },
      );
      sent.setTimeout(30_000, () => sent.destroy(new Error('no answer in time')));
      sent.on('error', reject);
      sent.end(text);
    });
}

import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import {
  Controller,
  Delete,
  ForbiddenException,
  Get,
  Module,
  NotFoundException,
  Post,
  Req,
  type RawBodyRequest,
} from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import request from 'supertest';
import { z } from 'zod';
import { reaches } from '../../../test/support/reaches.js';
import { AppError } from '../../kernel/errors.js';
import { loadConfig } from '../config/load-config.js';
import { HealthController } from '../health/health.controller.js';
import { Readiness } from '../health/readiness.js';
import { createLogger, Logger } from '../logging/logger.js';
import { MetricsController } from '../metrics/metrics.controller.js';
import { Metrics } from '../metrics/metrics.js';
import { createHttpApp } from './create-app.js';
import { openApiText, serveOpenApi } from './openapi.js';
import { ClientAddress, Public, Requires } from './requires.js';
import { ApiZodBody, ApiZodParams, ApiZodQuery } from './validation.js';
import { ApiZodResponse } from './zod-openapi.js';

const failures: Record<string, () => Error> = {
  unknown: () => new Error('relation "secret_table" does not exist'),
  outage: () => Object.assign(new Error('connect ECONNREFUSED 10.1.2.3:5432'), { code: 'ECONNREFUSED' }),
  canceled: () => Object.assign(new Error('canceling statement due to statement timeout'), { code: '57014' }),
  collision: () => Object.assign(new Error('deadlock detected'), { code: '40P01' }),
  unlisted: () => new AppError('QST.NoSuchCode', 'not in the catalogue'),
  conflict: () =>
    new AppError('QST.Conflict', 'taken', { problems: [{ path: 'body.name', message: 'is in use already' }] }),
  internal: () => new AppError('QST.Internal', 'hunter2 is the password'),
  forbidden: () => new ForbiddenException('inner words'),
  missing: () => new NotFoundException(),
};

const querySchema = z.object({
  limit: z.coerce.number().int().max(200).default(10),
  service_type: z.string().optional(),
});
const bodySchema = z.strictObject({
  name: z.string().min(1),
  projects: z.array(z.strictObject({ name: z.string().min(1) })),
});

@Public()
@Controller()
class ProbeController {
  @Get(['v1/fail/:kind', 'v2/fail/:kind', 'v3/auth/fail/:kind', 'v3/:project_id/fail/:kind'])
  fail(@Req() { params }: FastifyRequest<{ Params: { kind: string } }>): never {
    throw failures[params.kind]?.() ?? new Error('no such kind');
  }

  @Post('v3/:project_id/fail/:kind')
  failWriting(@Req() { params }: FastifyRequest<{ Params: { kind: string } }>): never {
    throw failures[params.kind]?.() ?? new Error('no such kind');
  }

  @Get(['v1/query', 'v3/:project_id/query'])
  query(@ApiZodQuery(querySchema) query: z.infer<typeof querySchema>): unknown {
    return query;
  }

  @Post(['v1/body', 'v3/:project_id/body', 'v3/auth/body'])
  @ApiZodResponse(201, bodySchema)
  body(
    @ApiZodBody(bodySchema) body: z.infer<typeof bodySchema>,
    @Req() { rawBody }: RawBodyRequest<FastifyRequest>,
  ): unknown {
    return { body, raw: rawBody?.toString() };
  }

  @Get('v1/items/:id')
  item(@ApiZodParams(z.object({ id: z.string().max(200) })) { id }: { id: string }): unknown {
    return { id };
  }

  @Post('v1/wish')
  wish(@ApiZodBody(z.strictObject({ reason: z.string() }).optional()) body: unknown): unknown {
    return { body };
  }

  @Delete('v1/body')
  remove(@Req() { body, rawBody }: RawBodyRequest<FastifyRequest>): unknown {
    return { body: body ?? null, raw: rawBody?.toString() ?? null };
  }

  @Get('v1/kept')
  kept(@Req() { body, rawBody }: RawBodyRequest<FastifyRequest>): unknown {
    return { body: body ?? null, raw: rawBody?.toString() ?? null };
  }

  @Get('v1/address')
  address(@ClientAddress() address: string): unknown {
    return { address };
  }
}

@Controller()
class GuardedController {
  @Requires('cts:trace:list', { plane: 'tenant', scope: 'project' })
  @Get('v1/guarded')
  guarded(): string {
    return '';
  }
}

const lines: string[] = [];
const log = createLogger({ level: 'debug', secrets: [], destination: { write: (line) => void lines.push(line) } });

@Module({
  controllers: [ProbeController, GuardedController, HealthController, MetricsController],
  providers: [Readiness, Metrics, { provide: Logger, useValue: log }],
})
class ProbeModule {}

async function start(environment: Record<string, string> = {}): Promise<NestFastifyApplication> {
  const app = await createHttpApp(ProbeModule, loadConfig(environment), log);
  serveOpenApi(app);
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  return app;
}

const HEX_ID = /^[0-9a-f]{32}$/;

describe('the HTTP application', () => {
  let app: NestFastifyApplication;
  beforeAll(async () => {
    app = await start({ BODY_LIMIT_KIB: '4', CORS_ORIGINS: 'https://console.example' });
    await app.listen(0, '127.0.0.1');
  });
  afterAll(() => app.close());
  beforeEach(() => lines.splice(0));
  const http = () => request(app.getHttpServer());

  it('answers an unknown route like the gateway, whoever asks', async () => {
    const { body, headers } = await http().get('/v1/nothing?x=1').expect(404);
    expect(body).toEqual({
      error_code: 'APIGW.0101',
      error_msg: 'The API does not exist: GET /v1/nothing',
      request_id: headers['x-request-id'],
    });
    expect(headers['x-request-id']).toMatch(HEX_ID);
    await http().get('/V1/query').expect(404);
    await http().get('/v1/query/').expect(404);
  });

  it.each([
    ['/v1/fail/unknown', 500, 'QST.Internal'],
    ['/v3/auth/fail/unknown', 500, 'IAM.0006'],
    ['/v3/p1/fail/unknown', 500, 'CTS.0005'],
    ['/v1/fail/unlisted', 500, 'QST.NoSuchCode'],
    ['/v1/fail/internal', 500, 'QST.Internal'],
    ['/v1/fail/outage', 503, 'QST.Unavailable'],
    ['/v1/fail/collision', 503, 'QST.Unavailable'],
    ['/v1/fail/canceled', 503, 'QST.Timeout'],
    ['/v1/fail/conflict', 409, 'QST.Conflict'],
    ['/v1/fail/forbidden', 403, 'QST.Forbidden'],
    ['/v3/p1/fail/forbidden', 403, 'CTS.0013'],
    ['/v3/auth/fail/forbidden', 403, 'IAM.0003'],
    ['/v1/fail/missing', 404, 'APIGW.0101'],
  ])('%s is %i %s', async (path, status, code) => {
    const { body, headers, text } = await http().get(path).expect(status);
    expect(body).toMatchObject({ error_code: code, request_id: headers['x-request-id'] });
    expect(text).not.toMatch(/secret_table|hunter2|10\.1\.2\.3|deadlock|inner words/);
    if (status === 503) expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    else expect(headers['retry-after']).toBeUndefined();
    const errors = lines.filter((line) => line.includes('"level":"error"'));
    expect(errors).toHaveLength(status >= 500 && code !== 'QST.Timeout' ? 1 : 0);
    for (const line of errors) expect(JSON.parse(line)).toHaveProperty('request_id', headers['x-request-id']);
  });

  it('tells reading from writing in the codes of CTS', async () => {
    const { body } = await http().post('/v3/p1/fail/unknown').expect(500);
    expect(body).toHaveProperty('error_code', 'CTS.0004');
  });

  it('adds the shapes that keystone and SWR clients read', async () => {
    const keystone = await http().get('/v3/auth/fail/conflict').expect(409);
    expect(keystone.body).toMatchObject({
      error: { code: 409, title: 'Conflict', message: 'taken: body.name: is in use already' },
      problems: [{ path: 'body.name', message: 'is in use already' }],
    });
    const swr = await http().get('/v2/fail/conflict').expect(409);
    expect(swr.body).toMatchObject({
      errorCode: 'QST.Conflict',
      errorMessage: swr.body.error_msg,
      errors: [{ errorCode: 'QST.Conflict', errorMessage: swr.body.error_msg, detail: swr.body.error_msg }],
    });
  });

  it('repeats a harmless request id and replaces any other', async () => {
    const kept = await http().get('/healthz').set('X-Request-Id', 'abc-DEF_123');
    expect(kept.headers['x-request-id']).toBe('abc-DEF_123');
    for (const bad of ['a b', 'x'.repeat(65), '<script>', 'a,b'])
      expect((await http().get('/healthz').set('X-Request-Id', bad)).headers['x-request-id']).toMatch(HEX_ID);
  });

  it('reports all problems of a query, and the parameter that was meant', async () => {
    const { body } = await http().get('/v1/query?limit=x&service_typ=SWR&zzzzzzzzzzzz=1').expect(400);
    expect(body.error_code).toBe('QST.BadRequest');
    expect(body.problems.map(({ path }: { path: string }) => path)).toEqual([
      'query.limit',
      'query.service_typ',
      'query.zzzzzzzzzzzz',
    ]);
    expect(body.problems[1].message).toBe('is not known; did you mean service_type?');
    expect(body.problems[2].message).toBe('is not known');
    expect(body.error_msg).toContain('query.limit');
  });

  it('uses the code of CTS there, and ignores what it does not know', async () => {
    expect((await http().get('/v3/p1/query?limit=201').expect(400)).body.error_code).toBe('CTS.0300');
    expect((await http().get('/v3/p1/query?limit=20&other=1').expect(200)).body).toEqual({ limit: 20 });
  });

  it('reports all problems of a body with their places', async () => {
    const send = { name: '', projects: [{ name: 'a' }, { nam: 'b' }], extra: 1 };
    const { body } = await http().post('/v1/body').send(send).expect(400);
    expect(body.problems.map(({ path }: { path: string }) => path).sort()).toEqual([
      'body.extra',
      'body.name',
      'body.projects[1].nam',
      'body.projects[1].name',
    ]);
    expect((await http().post('/v3/p1/body').send({}).expect(400)).body.error_code).toBe('CTS.0003');
    expect((await http().post('/v3/auth/body').send({}).expect(400)).body).toMatchObject({
      error_code: 'IAM.0011',
      error: { code: 400, title: 'Bad Request' },
    });
    expect((await http().post('/v1/body').expect(400)).body.problems).toHaveLength(1);
  });

  it.each([
    ['broken JSON', 'application/json', '{"name":', 400, 'QST.BadRequest'],
    ['an empty body', 'application/json', '', 400, 'QST.BadRequest'],
    ['prototype poisoning', 'application/json', '{"__proto__":{"a":1}}', 400, 'QST.BadRequest'],
    ['a body too large', 'application/json', JSON.stringify({ name: 'x'.repeat(5_000) }), 413, 'QST.TooLarge'],
    ['another type', 'text/plain', 'name=x', 415, 'QST.UnsupportedMediaType'],
    ['a form', 'application/x-www-form-urlencoded', 'name=x', 415, 'QST.UnsupportedMediaType'],
  ])('refuses %s', async (_, type, content, status, code) => {
    const { body, headers } = await http().post('/v1/body').set('Content-Type', type).send(content).expect(status);
    expect(body).toMatchObject({ error_code: code, request_id: headers['x-request-id'] });
  });

  it('takes the JSON type in any spelling and keeps the bytes', async () => {
    const raw = '{ "name":"a",  "projects":[] }';
    const { body } = await http()
      .post('/v1/body')
      .set('Content-Type', 'application/json;charset=utf8')
      .send(raw)
      .expect(201);
    expect(body).toEqual({ body: { name: 'a', projects: [] }, raw });
  });

  it('bears bodies, also empty ones, where SDKs send them', async () => {
    const json = { 'Content-Type': 'application/json' };
    expect((await http().delete('/v1/body').set(json).send('{"a":1}').expect(200)).body).toEqual({
      body: { a: 1 },
      raw: '{"a":1}',
    });
    await http().delete('/v1/body').set(json).set('Content-Length', '0').expect(200);
    await http().get('/v1/query').set(json).send('{}').expect(200);
    await http().get('/v1/query').set(json).set('Content-Length', '0').expect(200);
  });

  it('keeps what is sent to GET, of any type and within the limit, and heeds nobody who breaks off', async () => {
    const kept = (body: string) => http().get('/v1/kept').set('Content-Type', 'text/plain').send(body);
    expect((await kept('{"a":').expect(200)).body).toEqual({ body: null, raw: '{"a":' });
    expect((await http().get('/v1/kept').expect(200)).body).toEqual({ body: null, raw: null });
    const refused = await kept('x'.repeat(5_000)).expect(413);
    expect(refused.body.error_code).toBe('QST.TooLarge');
    expect(refused.headers.connection).toBe('close');
    lines.splice(0);
    const { port } = app.getHttpServer().address() as AddressInfo;
    await new Promise<void>((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.write('GET /v1/kept HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc', () => socket.destroy());
      });
      socket.on('close', () => resolve());
      socket.on('error', reject);
    });
    await reaches(
      'it is refused',
      () => lines.join(''),
      (log) => log.includes('no whole body'),
    );
    expect(lines.filter((line) => line.includes('"level":"error"'))).toEqual([]);
  });

  it('refuses malformed URLs and over-long parts in the same shape', async () => {
    const malformed = await http().get('/v1/items/%E0%A4%A').expect(400);
    expect(malformed.body).toMatchObject({
      error_code: 'QST.BadRequest',
      request_id: malformed.headers['x-request-id'],
    });
    const long = await http()
      .get(`/v1/items/${'x'.repeat(2_000)}`)
      .expect(414);
    expect(long.body).toMatchObject({ error_code: 'QST.UriTooLong', request_id: long.headers['x-request-id'] });
    await http()
      .get(`/v1/items/${'x'.repeat(900)}`)
      .expect(400);
  });

  it('answers what is no HTTP at all', async () => {
    const { port } = app.getHttpServer().address() as AddressInfo;
    const answer = await new Promise<string>((resolve, reject) => {
      let received = '';
      const socket = connect(port, '127.0.0.1', () => socket.end('NONSENSE\r\n\r\n'));
      socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
      socket.on('close', () => resolve(received));
      socket.on('error', reject);
    });
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toMatch(/X-Request-Id: [0-9a-f]{32}\r\n/);
    expect(answer).toContain('"error_code":"QST.BadRequest"');
  });

  it('sets the security headers, HSTS only under TLS, CORS only for listed origins', async () => {
    for (const path of ['/healthz', '/v1/nothing', '/v1/fail/unknown']) {
      const { headers } = await http().get(path).set('Origin', 'https://evil.example');
      expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'SAMEORIGIN' });
      expect(headers['strict-transport-security']).toBeUndefined();
      expect(headers['access-control-allow-origin']).toBeUndefined();
    }
    const { headers } = await http().get('/healthz').set('Origin', 'https://console.example');
    expect(headers['access-control-allow-origin']).toBe('https://console.example');
  });

  it('logs each request with its route, without query or ids of the path', async () => {
    await http().get('/v1/items/very-private?token=hunter2hunter2');
    const line = lines.map((text) => JSON.parse(text) as Record<string, unknown>).find(({ msg }) => msg === 'request');
    expect(line).toMatchObject({ method: 'GET', route: '/v1/items/:id', status: 200, level: 'info' });
    expect(line?.ms).toEqual(expect.any(Number));
    expect(lines.join('')).not.toMatch(/hunter2|very-private/);
  });

  it('measures requests by route template', async () => {
    await http().get('/v1/items/a');
    await http().get('/v1/nowhere-at-all');
    const { text } = await http()
      .get('/metrics')
      .expect(200)
      .expect('Content-Type', /^text\/plain/);
    expect(text).toMatch(
      /quaestor_http_request_duration_seconds_count\{method="GET",route="\/v1\/items\/:id",status="2xx"\} \d+/,
    );
    expect(text).toContain('route="unknown",status="4xx"');
    expect(text).not.toContain('nowhere-at-all');
    expect(text).toContain('process_cpu_seconds_total');
  });

  it('serves the document and its reader from itself', async () => {
    const { body } = await http().get('/openapi.json').expect(200);
    expect(body.openapi).toBe('3.1.0');
    const query = body.paths['/v1/query'].get.parameters;
    expect(query).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          name: 'limit',
          in: 'query',
          required: false,
          schema: expect.objectContaining({ default: 10 }),
        }),
      ]),
    );
    expect(body.paths['/v1/body'].post.requestBody.content['application/json'].schema.required).toEqual([
      'name',
      'projects',
    ]);
    expect(body.paths['/v1/items/{id}'].get.parameters).toHaveLength(1);
    expect(body.paths['/v1/guarded'].get).toMatchObject({
      security: [{ 'X-Auth-Token': [] }],
      'x-action': 'cts:trace:list',
    });
    const page = await http().get('/docs').expect(200);
    const scripts = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => url ?? '');
    expect(scripts.length).toBeGreaterThan(2);
    for (const url of scripts) await http().get(new URL(url, 'http://x/docs').pathname).expect(200);
    expect(page.text).not.toMatch(/<script>(?!\s*<\/script>)/);
    expect(openApiText(app)).toBe(openApiText(app));
  });

  it('tells a body that is null from one that is absent', async () => {
    await http().post('/v1/wish').expect(201, {});
    await http().post('/v1/wish').send({ reason: 'because' }).expect(201);
    const { body } = await http().post('/v1/wish').type('json').send('null').expect(400);
    expect(body.problems).toEqual([{ path: 'body', message: expect.any(String) }]);
  });

  it('documents how every route refuses, in the shape of its API, and parameters that nobody described', () => {
    interface Documented {
      parameters?: { name: string; in: string }[];
      requestBody?: { required: boolean };
      responses: Record<string, { $ref?: string }>;
    }
    const { paths, components } = JSON.parse(openApiText(app)) as {
      paths: Record<string, Record<string, Documented>>;
      components: { responses: Record<string, unknown> };
    };
    const refusals = (path: string, method: string) =>
      Object.entries(paths[path]?.[method]?.responses ?? {}).flatMap(([status, { $ref }]) => ($ref ? [status] : []));
    const anywhere = ['400', '408', '413', '414', '415', '429', '431', '503'];
    expect(refusals('/v1/query', 'get')).toEqual(anywhere);
    expect(refusals('/v1/guarded', 'get')).toEqual([...anywhere, '401', '403', '404'].sort());
    expect(refusals('/v1/body', 'post')).toEqual([...anywhere, '409', '412'].sort());
    expect(paths['/v3/auth/body']?.['post']?.responses['400']).toEqual({ $ref: '#/components/responses/IamRefusal' });
    expect(paths['/v2/fail/{kind}']?.['get']?.responses['400']).toEqual({ $ref: '#/components/responses/SwrRefusal' });
    expect(Object.keys(components.responses)).toEqual(['BodylessRefusal', 'IamRefusal', 'Refusal', 'SwrRefusal']);
    expect(paths['/v1/fail/{kind}']?.['get']?.parameters).toMatchObject([{ name: 'kind', in: 'path' }]);
    expect(paths['/v1/wish']?.['post']?.requestBody?.required).toBe(false);
    expect(paths['/v1/body']?.['post']?.requestBody?.required).toBe(true);
  });

  it('is alive, and ready as long as every check passes', async () => {
    await http().get('/healthz').expect(200, { status: 'ok' });
    await http().get('/readyz').expect(200, { status: 'ready', checks: {} });
    const readiness = app.get(Readiness);
    readiness.add({ name: 'kafka', check: () => Promise.reject(new Error('sasl password hunter2')) });
    const { text } = await http()
      .get('/readyz')
      .expect(503, { status: 'not_ready', checks: { kafka: 'failed' } });
    expect(text).not.toContain('hunter2');
    readiness.add({ name: 'kafka', check: () => Promise.resolve() });
    readiness.drain();
    await http()
      .get('/readyz')
      .expect(503, { status: 'draining', checks: { kafka: 'ok' } });
    await http().get('/healthz').expect(200);
  });
});

describe('behind a proxy', () => {
  it('believes only the proxies it was told of', async () => {
    const trusting = await start({ TRUST_PROXY: '127.0.0.0/8, ::1' });
    const { body } = await request(trusting.getHttpServer()).get('/v1/address').set('X-Forwarded-For', '203.0.113.9');
    expect(body.address).toBe('203.0.113.9');
    await trusting.close();
    const wary = await start();
    const direct = await request(wary.getHttpServer()).get('/v1/address').set('X-Forwarded-For', '203.0.113.9');
    expect(direct.body.address).toBe('127.0.0.1');
    await wary.close();
  });

  it('names a setting that cannot be used', async () => {
    await expect(start({ TRUST_PROXY: 'everyone' })).rejects.toThrow(/TRUST_PROXY/);
    await expect(start({ TLS_CERT: '/nonexistent/a', TLS_KEY: '/nonexistent/b' })).rejects.toThrow(/TLS_CERT/);
  });
});

describe('a process without the role api', () => {
  let app: NestFastifyApplication;
  beforeAll(async () => {
    app = await start({ ROLES: 'ingest,jobs' });
    await app.listen(0, '127.0.0.1');
  });
  afterAll(() => app.close());

  it.each(['/healthz', '/readyz', '/metrics'])('answers %s', async (path) => {
    await request(app.getHttpServer()).get(path).expect(200);
  });

  it.each(['/v1/fail/conflict', '/v3/auth/tokens', '/docs', '/healthz/'])('has no %s', async (path) => {
    const { body } = await request(app.getHttpServer()).get(path).expect(404);
    expect(body).toMatchObject({ error_code: 'APIGW.0101' });
  });
});

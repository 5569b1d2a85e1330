/** Makes the HTTP application: Fastify, its limits and headers, and the one way in which errors are answered. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyServerOptions } from 'fastify';
import type { Config } from '../config/config.schema.js';
import { ConfigError } from '../config/load-config.js';
import type { Logger } from '../logging/logger.js';
import { NestLogger } from '../logging/nest-logger.js';
import { registerRequestLog } from '../logging/request-log.js';
import { Metrics } from '../metrics/metrics.js';
import { ErrorFilter } from './error.filter.js';
import { errorResponse } from './error-response.js';
import { keepUnreadBodies, refuseEncodedBodies, registerBodyParsers } from './body-parsers.js';
import { answerProbesOnly } from './probes-only.js';
import { observeRequests } from './request-metrics.js';

/** A connection that carries nothing for so long is closed; longer than any long poll (30 s). */
const CONNECTION_TIMEOUT_MS = 120_000;
/** Within this the whole request must have arrived. */
const REQUEST_TIMEOUT_MS = 30_000;
/** How often Node looks for requests that are late; its own 30 s would double the time above. */
const TIMEOUT_CHECK_MS = 5_000;
/** Longer than the 60 s usual for load balancers, so that it is they who close an idle connection. */
const KEEP_ALIVE_TIMEOUT_MS = 72_000;
/** Repository names have up to 255 characters, in a path up to three times as many. */
const MAX_PARAM_LENGTH = 1_024;

/** The application, not yet initialised nor listening. Throws {@link ConfigError} for unusable TLS or proxy settings. */
export async function createHttpApp(
  module: Type<unknown> | DynamicModule,
  config: Config,
  log: Logger,
): Promise<NestFastifyApplication> {
  const filter = new ErrorFilter(log);
  const adapter = createAdapter(config, log, filter);
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger: new NestLogger(log),
    rawBody: true,
    bodyParser: false,
    abortOnError: false,
  });
  app.useGlobalFilters(filter);
  const fastify: FastifyInstance = adapter.getInstance();
  fastify.addHook('onRequest', (request, reply, done) => {
    // On the raw response, so that also answers that bypass the reply carry it.
    reply.raw.setHeader('x-request-id', request.id);
    done();
  });
  registerRequestLog(fastify, log);
  if (!config.ROLES.includes('api')) answerProbesOnly(fastify);
  observeRequests(fastify, app.get(Metrics, { strict: false }));
  refuseEncodedBodies(fastify);
  registerBodyParsers(fastify);
  keepUnreadBodies(fastify);
  await registerHeaders(fastify, config);
  return app;
}

function createAdapter(config: Config, log: Logger, filter: ErrorFilter): FastifyAdapter {
  const options: FastifyServerOptions = {
    bodyLimit: config.BODY_LIMIT_KIB * 1_024,
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    // Requests in hand are finished; connections without one are closed at once.
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    trustProxy: trustedProxies(config),
    genReqId: (request) => requestIdOf(request.headers['x-request-id']),
    // Malformed URLs and over-long path parameters are refused before any hook runs.
    frameworkErrors: (error, request, reply) => {
      reply.header('x-content-type-options', 'nosniff');
      void filter.answer(error, request, reply);
    },
    clientErrorHandler: (error, socket) => {
      answerBrokenRequest(error, socket, log);
    },
    routerOptions: { caseSensitive: true, ignoreTrailingSlash: false, maxParamLength: MAX_PARAM_LENGTH },
  };
  try {
    // Fastify sets its own on the finished server, too late for Node, which gives the headers alone 60 s.
    const checks = {
      connectionsCheckingInterval: TIMEOUT_CHECK_MS,
      headersTimeout: REQUEST_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
    };
    const { https } = tlsOptions(config);
    return new FastifyAdapter({ ...options, ...(https ? { https: { ...https, ...checks } } : { http: checks }) });
  } catch (error) {
    if (error instanceof TypeError && config.TRUST_PROXY !== undefined)
      throw new ConfigError([`TRUST_PROXY: ${error.message}`]);
    throw error;
  }
}

function trustedProxies(config: Config): string[] | false {
  if (config.TRUST_PROXY === undefined) return false;
  return config.TRUST_PROXY.split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function tlsOptions({ TLS_CERT, TLS_KEY }: Config): { https?: { cert: Buffer; key: Buffer; minVersion: 'TLSv1.2' } } {
  if (TLS_CERT === undefined || TLS_KEY === undefined) return {};
  const read = (name: string, path: string): Buffer => {
    try {
      return readFileSync(path);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
      throw new ConfigError([`${name}: cannot be read (${code})`]);
    }
  };
  return { https: { cert: read('TLS_CERT', TLS_CERT), key: read('TLS_KEY', TLS_KEY), minVersion: 'TLSv1.2' } };
}

async function registerHeaders(fastify: FastifyInstance, config: Config): Promise<void> {
  await fastify.register(helmet, {
    // The documentation's reader styles its elements in place and draws its icons from data URLs.
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        objectSrc: ["'none'"],
        baseUri: ["'self'"],
        frameAncestors: ["'self'"],
      },
    },
    strictTransportSecurity: config.TLS_CERT === undefined ? false : { maxAge: 31_536_000 },
  });
  if (config.CORS_ORIGINS.length > 0)
    await fastify.register(cors, {
      origin: config.CORS_ORIGINS,
      methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
      exposedHeaders: ['X-Request-Id', 'X-Subject-Token', 'ETag', 'Retry-After', 'RateLimit', 'RateLimit-Policy'],
      maxAge: 600,
    });
}

/** The caller's own id where it is harmless to repeat, else 32 hex digits (a random UUID: Node draws those in advance). */
function requestIdOf(given: string | string[] | undefined): string {
  return typeof given === 'string' && /^[\w.:+/=@~-]{1,64}$/.test(given) ? given : randomUUID().replaceAll('-', '');
}

/** What is no HTTP, or came too late, is answered on the bare socket. */
function answerBrokenRequest(error: Error & { code?: string }, socket: Socket, log: Logger): void {
  const statusCode = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 }[error.code ?? ''] ?? 400;
  const requestId = requestIdOf(undefined);
  const { status, body } = errorResponse(Object.assign(new Error('broken request'), { statusCode }), {
    method: '',
    path: '',
    requestId,
  });
  log.debug('broken request', { request_id: requestId, code: error.code });
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const text = JSON.stringify(body);
  socket.end(
    [
      `HTTP/1.1 ${String(status)} ${STATUS_CODES[status] ?? ''}`,
      'Content-Type: application/json; charset=utf-8',
      `Content-Length: ${String(Buffer.byteLength(text))}`,
      `X-Request-Id: ${requestId}`,
      'Connection: close',
      '',
      text,
    ].join('\r\n'),
  );
}

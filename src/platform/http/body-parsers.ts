/** Reads JSON bodies, keeping the received bytes of these and of all others: signatures are made over them. */
import type { Readable } from 'node:stream';
import { errorCodes, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { nestsDeeper } from './json-depth.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** The body as received; absent where there was none. */
    rawBody?: Buffer;
  }
}

/** Far beyond what any body needs, and far below what fills a stack. */
const MOST_NESTING = 100;

/** JSON in UTF-8 under any spelling of the type's parameters; every other type is refused with 415. */
export function registerBodyParsers(fastify: FastifyInstance): void {
  const parseJson = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser(
    /^application\/(?:[\w.-]+\+)?json\b/i,
    { parseAs: 'buffer' },
    (request: FastifyRequest, body: Buffer, done) => {
      request.rawBody = body;
      // SDKs send an empty body with a JSON type, also to POST. What needs one says so itself.
      if (body.length === 0) done(null, undefined);
      else if (nestsDeeper(body, MOST_NESTING)) done(refusal(400, 'nests too deep'));
      else void parseJson(request, body.toString('utf8'), done);
    },
  );
}

/** Nothing is unpacked here: how much comes out of a few bytes is in the sender's hands. */
export function refuseEncodedBodies(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    const encoding = request.headers['content-encoding'];
    if (encoding === undefined || encoding.trim().toLowerCase() === 'identity') {
      done();
      return;
    }
    // What is still under way is not read, and what is acceptable is told (RFC 9110 §15.5.16).
    reply.header('connection', 'close').header('accept-encoding', 'identity');
    done(refusal(415, 'encoded'));
  });
}

function refusal(statusCode: number, message: string): Error {
  return Object.assign(new Error(message), { statusCode });
}

/** Fastify reads no body of these. SDKs send and sign one all the same, e.g. `{}`; it is kept and otherwise ignored. */
const TooLarge = errorCodes.FST_ERR_CTP_BODY_TOO_LARGE;
const BODYLESS = new Set(['GET', 'HEAD', 'TRACE']);

export function keepUnreadBodies(fastify: FastifyInstance): void {
  fastify.addHook('preParsing', (request, reply, payload, done) => {
    if (!BODYLESS.has(request.method) || !announcesBody(request)) {
      done(null, payload);
      return;
    }
    readBody(payload, request.routeOptions.bodyLimit ?? fastify.initialConfig.bodyLimit ?? 0).then(
      (body) => {
        request.rawBody = body;
        done(null, payload);
      },
      (error: unknown) => {
        refuseBody(error, reply, done);
      },
    );
  });
}

function announcesBody({ headers }: FastifyRequest): boolean {
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

/** More may be under way: the connection cannot carry another request. */
function refuseBody(error: unknown, reply: FastifyReply, done: (error: Error) => void): void {
  reply.header('connection', 'close');
  // What broke off is the caller's doing, as it is where Fastify reads.
  done(error instanceof TooLarge ? error : Object.assign(refusal(400, 'no whole body'), { cause: error }));
}

function readBody(payload: Readable, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const settle = (finish: () => void): void => {
      payload.off('data', take).off('end', end).off('error', fail).off('close', cut);
      finish();
    };
    const take = (chunk: Buffer): void => {
      size += chunk.length;
      if (size <= limit) chunks.push(chunk);
      else fail(new TooLarge());
    };
    const end = (): void => {
      settle(() => {
        resolve(Buffer.concat(chunks));
      });
    };
    const fail = (error: Error): void => {
      settle(() => {
        payload.pause();
        reject(error);
      });
    };
    const cut = (): void => {
      fail(new Error('the connection ended before the body did'));
    };
    payload.on('data', take).on('end', end).on('error', fail).on('close', cut);
  });
}

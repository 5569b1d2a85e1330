/** Reads JSON bodies, keeping the received bytes: signatures are made over them. */
import type { FastifyInstance, FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyRequest {
    /** The body as received; absent where there was none. */
    rawBody?: Buffer;
  }
}

/** `POST` and its like must say something; SDKs send an empty body with a JSON type on the others. */
const MAY_BE_EMPTY = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS']);

/** JSON in UTF-8 under any spelling of the type's parameters; every other type is refused with 415. */
export function registerBodyParsers(fastify: FastifyInstance): void {
  const parseJson = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser(
    /^application\/(?:[\w.-]+\+)?json\b/i,
    { parseAs: 'buffer' },
    (request: FastifyRequest, body: Buffer, done) => {
      request.rawBody = body;
      if (body.length === 0 && MAY_BE_EMPTY.has(request.method)) done(null, undefined);
      else void parseJson(request, body.toString('utf8'), done);
    },
  );
}

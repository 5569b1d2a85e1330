/** Answers with what it understood, for every signed-in caller. */
import { All, Controller, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Requires } from '../../../src/platform/http/requires.js';

@Requires('iam:probe:echo', { plane: 'tenant', self: true })
@Controller('v2/echo')
export class EchoController {
  @All()
  plain(@Req() request: FastifyRequest): unknown {
    return this.echo(request);
  }

  @All(':name')
  echo(@Req() { params, query, body, principal }: FastifyRequest): unknown {
    return { params, query, body: body ?? null, principal };
  }
}

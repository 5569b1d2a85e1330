/** `GET /healthz`: the process is alive. `GET /readyz`: it can serve; 503 with the state of each check otherwise. */
import { Controller, Get, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Public } from '../http/requires.js';
import { ApiZodResponse } from '../http/zod-openapi.js';
import { Logger } from '../logging/logger.js';
import { Readiness } from './readiness.js';

const aliveSchema = z.object({ status: z.literal('ok') });
const readySchema = z.object({
  status: z.enum(['ready', 'not_ready', 'draining']),
  checks: z.record(z.string(), z.enum(['ok', 'failed', 'timeout'])),
});

@Public()
@ApiTags('Health')
@Controller()
export class HealthController {
  private failing = '';

  constructor(
    private readonly readiness: Readiness,
    private readonly log: Logger,
  ) {}

  @Get('healthz')
  @ApiOperation({ summary: 'Whether the process is alive' })
  @ApiZodResponse(200, aliveSchema)
  alive(): z.infer<typeof aliveSchema> {
    return { status: 'ok' };
  }

  /** Probes ask every few seconds; the log tells when the answer changes. */
  private tellOnce(failures: Readonly<Record<string, unknown>>): void {
    const failing = Object.keys(failures).sort().join();
    if (failing === this.failing) return;
    this.failing = failing;
    if (failing === '') this.log.info('ready again');
    else this.log.warn('not ready', { failures });
  }

  @Get('readyz')
  @ApiOperation({ summary: 'Whether the process can serve' })
  @ApiZodResponse(200, readySchema)
  @ApiZodResponse(503, readySchema)
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<z.infer<typeof readySchema>> {
    const { ready, draining, checks, failures } = await this.readiness.report();
    this.tellOnce(failures);
    if (!ready) reply.code(503);
    return { status: ready ? 'ready' : draining ? 'draining' : 'not_ready', checks };
  }
}

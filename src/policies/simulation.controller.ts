/** `POST /v1/policies/simulate`: what would be decided, and why. */
import { Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '../kernel/principal.js';
import { CurrentPrincipal, Requires } from '../platform/http/requires.js';
import { ApiZodBody } from '../platform/http/validation.js';
import { ApiZodResponse } from '../platform/http/zod-openapi.js';
import {
  renderExplained,
  simulatedSchema,
  type Simulation,
  simulationSchema,
  type WireSimulated,
} from './simulation.dto.js';
import { Simulations } from './simulation.service.js';

@ApiTags('Decisions')
@Controller('v1/policies')
export class SimulationController {
  constructor(private readonly simulations: Simulations) {}

  @Requires('iam:policies:simulate', { plane: 'tenant', domain: 'body.domain_id' })
  @Post('simulate')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Say what the policies of a user, drafts, or both would decide, and why',
    description:
      'Nothing is stored. `g:CurrentTime` is now unless the context says otherwise; who asks for it is told by the principal.',
  })
  @ApiZodResponse(200, simulatedSchema)
  async simulate(
    @ApiZodBody(simulationSchema) body: Simulation,
    @CurrentPrincipal() principal: Principal,
  ): Promise<WireSimulated> {
    const { results, version } = await this.simulations.run({
      domainId: body.domain_id ?? principal.domainId,
      userId: body.principal?.user_id ?? null,
      drafts: body.policies ?? [],
      questions: body.requests.map(({ action, resource = null, context = {}, project_id: projectId = null }) => ({
        action,
        resource,
        context,
        projectId,
      })),
    });
    return { results: results.map(renderExplained), policy_set_version: version };
  }
}

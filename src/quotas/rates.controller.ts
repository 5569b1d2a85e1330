/** `POST /v1/quotas/rates/take`: a registry asks, before it works, whether a principal is within its rate quota. */
import { Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '../kernel/principal.js';
import { CurrentPrincipal, Requires } from '../platform/http/requires.js';
import { ApiZodBody } from '../platform/http/validation.js';
import { ApiZodResponse } from '../platform/http/zod-openapi.js';
import { AskReader } from './ask-reader.service.js';
import { registryRateQuota } from './core/wire-rates.js';
import { RateStatesStore } from './rate-states.store.js';
import { rateTakenSchema, renderRate, type TakeRate, takeRateSchema } from './rates.dto.js';

@ApiTags('Quotas')
@Controller('v1/quotas/rates')
export class RatesController {
  constructor(
    private readonly states: RateStatesStore,
    private readonly reader: AskReader,
  ) {}

  @Post('take')
  @HttpCode(200)
  @Requires('quota:rate:take', { plane: 'operator', domain: 'body.domain_id' })
  @ApiOperation({ summary: 'Take from the rate quota of a principal; all processes count on one bucket' })
  @ApiZodResponse(200, rateTakenSchema)
  async take(@ApiZodBody(takeRateSchema) body: TakeRate, @CurrentPrincipal() principal: Principal) {
    const domainId = await this.reader.domainFor(principal, body.domain_id);
    const rate = registryRateQuota(body.class);
    const key = { domainId, principalId: body.principal_id, rateClass: body.class };
    return renderRate(body.class, rate, await this.states.take(key, rate, body.amount));
  }
}

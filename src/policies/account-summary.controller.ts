/** `/v5/account-summary`: what a domain has of IAM, and how much of it there can be. */
import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '../kernel/principal.js';
import { CurrentPrincipal, Requires } from '../platform/http/requires.js';
import { ApiZodResponse } from '../platform/http/zod-openapi.js';
import { type AccountSummary, accountSummarySchema, renderAccountSummary } from './account-summary.dto.js';
import { AccountSummaryStore } from './account-summary.store.js';

@ApiTags('IAM identity policies')
@Controller('v5/account-summary')
export class AccountSummaryController {
  constructor(private readonly store: AccountSummaryStore) {}

  @Requires('iam::getAccountSummaryV5', { plane: 'tenant' })
  @Get()
  @ApiOperation({ summary: 'Count users, groups and policies, and tell the limits of policies' })
  @ApiZodResponse(200, accountSummarySchema)
  async show(@CurrentPrincipal() { domainId }: Principal): Promise<AccountSummary> {
    return renderAccountSummary(await this.store.counts(domainId));
  }
}

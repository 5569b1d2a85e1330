/** `/v3.0/OS-CREDENTIAL/securitytokens`: temporary access keys. */
import { Controller, Header, HttpCode, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Requires } from '../platform/http/requires.js';
import { ApiZodBody } from '../platform/http/validation.js';
import { ApiZodResponse } from '../platform/http/zod-openapi.js';
import { CurrentActor } from './current-actor.js';
import type { Actor } from './directory-recorder.service.js';
import {
  type SecurityTokenRequest,
  securityTokenRequestSchema,
  type SecurityTokenResponse,
  securityTokenResponseSchema,
} from './security-tokens.dto.js';
import { SecurityTokens } from './security-tokens.service.js';
import { keystoneTime } from './token.dto.js';

@ApiTags('IAM access keys')
@Controller('v3.0/OS-CREDENTIAL/securitytokens')
export class SecurityTokensController {
  constructor(private readonly securityTokens: SecurityTokens) {}

  @Requires('iam:credentials:createTemporaryCredential', { plane: 'tenant', self: true })
  @Post()
  @HttpCode(201)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Get a temporary access key in exchange for a token; its secret is shown this once' })
  @ApiZodResponse(201, securityTokenResponseSchema)
  async create(
    @ApiZodBody(securityTokenRequestSchema) { auth }: SecurityTokenRequest,
    @CurrentActor() actor: Actor,
  ): Promise<SecurityTokenResponse> {
    const { id, duration_seconds: seconds } = auth.identity.token;
    const { key, securityToken } = await this.securityTokens.create(id, seconds, actor);
    const { accessKey: access, secret, expiresAt } = key;
    return { credential: { access, secret, securitytoken: securityToken, expires_at: keystoneTime(expiresAt) } };
  }
}

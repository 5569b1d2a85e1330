/** `/v1/credentials/verify`: registries ask whether a login is good. */
import { Controller, Header, HttpCode, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Requires } from '../platform/http/requires.js';
import { ApiZodBody } from '../platform/http/validation.js';
import { ApiZodResponse } from '../platform/http/zod-openapi.js';
import { CurrentActor } from './current-actor.js';
import type { Actor } from './directory-recorder.service.js';
import {
  renderVerified,
  type VerifiedLoginView,
  verifiedLoginSchema,
  type VerifyLogin,
  verifyLoginSchema,
} from './registry-logins.dto.js';
import { RegistryLogins } from './registry-logins.service.js';

@ApiTags('Registries')
@Controller('v1/credentials')
export class RegistryLoginsController {
  constructor(private readonly logins: RegistryLogins) {}

  @Requires('iam:credentials:verify', { plane: 'operator' })
  @Post('verify')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Tell whether a registry login is good, and whose it is' })
  @ApiZodResponse(200, verifiedLoginSchema)
  async verify(
    @ApiZodBody(verifyLoginSchema) { username, password, instance_id: instanceId = '' }: VerifyLogin,
    @CurrentActor() actor: Actor,
  ): Promise<VerifiedLoginView> {
    return renderVerified(await this.logins.verify({ username, password, instanceId }, actor));
  }
}

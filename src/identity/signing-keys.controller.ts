/** `/.well-known/jwks.json`: by what others check our tokens; `/v1/signing-keys`: how operators look after those keys. */
import { Controller, Get, Header, HttpCode, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public, Requires } from '../platform/http/requires.js';
import { ApiZodBody } from '../platform/http/validation.js';
import { ApiZodResponse } from '../platform/http/zod-openapi.js';
import { CurrentActor } from './current-actor.js';
import type { Actor } from './directory-recorder.service.js';
import { KeyRotation } from './key-rotation.service.js';
import {
  type Jwks,
  jwksSchema,
  renderJwks,
  renderSigningKeys,
  type Rotate,
  rotateSchema,
  type SigningKeyList,
  signingKeysSchema,
} from './signing-keys.dto.js';
import { SigningKeys } from './signing-keys.service.js';
import { SigningKeysStore } from './signing-keys.store.js';

@ApiTags('Signing keys')
@Controller()
export class SigningKeysController {
  constructor(
    private readonly keys: SigningKeys,
    private readonly store: SigningKeysStore,
    private readonly rotation: KeyRotation,
  ) {}

  /** May be kept for five minutes: a third of the time for which a key is published before it signs. */
  @Public()
  @Get('.well-known/jwks.json')
  @Header('Cache-Control', 'public, max-age=300')
  @ApiOperation({ summary: 'The public keys that verify tokens of this installation' })
  @ApiZodResponse(200, jwksSchema)
  async jwks(): Promise<Jwks> {
    return renderJwks(await this.keys.published());
  }

  @Requires('iam:signingKeys:list', { plane: 'operator' })
  @Get('v1/signing-keys')
  @ApiOperation({ summary: 'List the keys that sign tokens, newest first' })
  @ApiZodResponse(200, signingKeysSchema)
  async list(): Promise<SigningKeyList> {
    return renderSigningKeys(await this.store.all());
  }

  @Requires('iam:signingKeys:rotate', { plane: 'operator' })
  @Post('v1/signing-keys/rotate')
  @HttpCode(200)
  @ApiOperation({ summary: 'Make a new key that signs tokens' })
  @ApiZodResponse(200, signingKeysSchema)
  async rotate(
    @ApiZodBody(rotateSchema) { discard_others: discardOthers }: Rotate,
    @CurrentActor() actor: Actor,
  ): Promise<SigningKeyList> {
    await this.rotation.rotate(actor, discardOthers);
    return this.list();
  }
}

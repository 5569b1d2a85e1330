/** `/v3/auth/tokens`: logging in and out, and checking a token (domain/iam.md §4). */
import { Controller, Delete, Get, Headers, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { Origin, type RequestOrigin } from '../platform/http/request-origin.js';
import { requestUrl } from '../platform/http/request-url.js';
import { Public, Requires } from '../platform/http/requires.js';
import { ApiZodBody, ApiZodQuery } from '../platform/http/validation.js';
import { ApiZodResponse } from '../platform/http/zod-openapi.js';
import { CurrentActor } from './current-actor.js';
import type { Actor } from './directory-recorder.service.js';
import { LoginService } from './login.service.js';
import { TokenSubjects } from './token-subjects.service.js';
import {
  renderToken,
  tokenQuerySchema,
  type TokenRequest,
  tokenRequestSchema,
  type TokenResponse,
  tokenResponseSchema,
} from './token.dto.js';

const SUBJECT_TOKEN = 'X-Subject-Token';

@ApiTags('IAM tokens')
@Controller('v3/auth/tokens')
export class TokenController {
  constructor(
    private readonly logins: LoginService,
    private readonly subjects: TokenSubjects,
  ) {}

  @Public()
  @Post()
  @HttpCode(201)
  @ApiOperation({ summary: 'Log in by password, with a one-time code where needed; the token is in X-Subject-Token' })
  @ApiZodResponse(201, tokenResponseSchema)
  async create(
    @ApiZodQuery(tokenQuerySchema) { nocatalog }: z.infer<typeof tokenQuerySchema>,
    @ApiZodBody(tokenRequestSchema) body: TokenRequest,
    @Origin() origin: RequestOrigin,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokenResponse> {
    const login = await this.logins.login(body, origin);
    reply.header(SUBJECT_TOKEN, login.token).header('Cache-Control', 'no-store');
    return renderToken(login, nocatalog === undefined ? requestUrl(request).base : null);
  }

  /** Fastify answers HEAD by the same handler, without the body. */
  @Requires('iam:tokens:validate', { plane: 'tenant', self: true })
  @Get()
  @ApiOperation({ summary: 'Check the token in the X-Subject-Token header' })
  @ApiHeader({ name: SUBJECT_TOKEN, required: true })
  @ApiZodResponse(200, tokenResponseSchema)
  async validate(
    @ApiZodQuery(tokenQuerySchema) { nocatalog }: z.infer<typeof tokenQuerySchema>,
    @CurrentActor() actor: Actor,
    @Headers('x-subject-token') subject: string | undefined,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokenResponse> {
    const shown = await this.subjects.show(subject, actor);
    reply.header(SUBJECT_TOKEN, subject).header('Cache-Control', 'no-store');
    return renderToken(shown, nocatalog === undefined ? requestUrl(request).base : null);
  }

  @Requires('iam:tokens:revoke', { plane: 'tenant', self: true })
  @Delete()
  @HttpCode(204)
  @ApiOperation({ summary: 'Revoke the token in the X-Subject-Token header' })
  @ApiHeader({ name: SUBJECT_TOKEN, required: true })
  async revoke(@CurrentActor() actor: Actor, @Headers('x-subject-token') subject: string | undefined): Promise<void> {
    await this.subjects.revoke(subject, actor);
  }
}

/** `/v3/auth/tokens`: logging in, and checking a token (domain/iam.md §4). */
import { Controller, Get, Headers, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { AppError } from '../kernel/errors.js';
import type { Principal } from '../kernel/principal.js';
import { Origin, type RequestOrigin } from '../platform/http/request-origin.js';
import { type BeyondSelf, CurrentBeyondSelf, CurrentPrincipal, Public, Requires } from '../platform/http/requires.js';
import { ApiZodBody, ApiZodQuery } from '../platform/http/validation.js';
import { ApiZodResponse } from '../platform/http/zod-openapi.js';
import { DirectoryStore } from './directory.store.js';
import { LoginService } from './login.service.js';
import { TokenAuthenticator } from './token-authenticator.service.js';
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
    private readonly authenticator: TokenAuthenticator,
    private readonly store: DirectoryStore,
  ) {}

  @Public()
  @Post()
  @HttpCode(201)
  @ApiOperation({ summary: 'Log in by password; the token is in the X-Subject-Token header' })
  @ApiZodResponse(201, tokenResponseSchema)
  async create(
    @ApiZodQuery(tokenQuerySchema) { nocatalog }: z.infer<typeof tokenQuerySchema>,
    @ApiZodBody(tokenRequestSchema) body: TokenRequest,
    @Origin() origin: RequestOrigin,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokenResponse> {
    const { token, claims, user, project } = await this.logins.login(body, origin);
    reply.header(SUBJECT_TOKEN, token).header('Cache-Control', 'no-store');
    return renderToken(claims, user, project, nocatalog === undefined ? baseUrl(request) : null);
  }

  /** Fastify answers HEAD by the same handler, without the body. */
  @Requires('iam:tokens:validate', { plane: 'tenant', self: true })
  @Get()
  @ApiOperation({ summary: 'Check the token in the X-Subject-Token header' })
  @ApiHeader({ name: SUBJECT_TOKEN, required: true })
  @ApiZodResponse(200, tokenResponseSchema)
  async validate(
    @ApiZodQuery(tokenQuerySchema) { nocatalog }: z.infer<typeof tokenQuerySchema>,
    @CurrentPrincipal() principal: Principal,
    @CurrentBeyondSelf() beyondSelf: BeyondSelf,
    @Headers('x-subject-token') subject: string | undefined,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokenResponse> {
    if (!subject) throw new AppError('IAM.0009', 'X-Subject-Token is missing in the request.');
    const { claims, user } = await this.resolveSubject(subject);
    const own = user.id === principal.userId;
    if (!own && !beyondSelf(user.domainId)) throw new AppError('IAM.0004', 'Could not find token.');
    const { projectId } = claims;
    const project = projectId === null ? null : await this.store.project(user.domainId, { id: projectId });
    reply.header(SUBJECT_TOKEN, subject).header('Cache-Control', 'no-store');
    return renderToken(claims, user, project, nocatalog === undefined ? baseUrl(request) : null);
  }

  /** A token under test that is no good is not found; 401 speaks of the caller's own. */
  private async resolveSubject(subject: string) {
    try {
      return await this.authenticator.resolve(subject);
    } catch (cause) {
      if (cause instanceof AppError && cause.code === 'APIGW.0301')
        throw new AppError('IAM.0004', 'Could not find token.', { cause });
      throw cause;
    }
  }
}

function baseUrl(request: FastifyRequest): string {
  return `${request.protocol}://${request.host}`;
}

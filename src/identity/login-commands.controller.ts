/** `/v2/manage/utils`: temporary login commands of the registry's shared edition (domain/quota.md §1.1). */
import { Controller, HttpCode, Inject, Post, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { AppError } from '../kernel/errors.js';
import type { Principal } from '../kernel/principal.js';
import type { Config } from '../platform/config/config.schema.js';
import { Requires } from '../platform/http/requires.js';
import { ApiZodQuery } from '../platform/http/validation.js';
import { ApiZodResponse } from '../platform/http/zod-openapi.js';
import { CONFIG } from '../platform/tokens.js';
import { CurrentActor } from './current-actor.js';
import type { Actor } from './directory-recorder.service.js';
import { BEARER, dockerLogin, registryAddress, registryUsername } from './core/registry-login.js';
import { DirectoryStore, type ProjectRecord } from './directory.store.js';
import {
  type LoginQuery,
  loginQuerySchema,
  type LoginResponse,
  loginResponseSchema,
} from './registry-credentials.dto.js';
import { RegistryCredentials } from './registry-credentials.service.js';
import { keystoneTime } from './token.dto.js';

@ApiTags('SWR login credentials')
@Controller('v2/manage/utils')
export class LoginCommandsController {
  constructor(
    private readonly credentials: RegistryCredentials,
    private readonly directory: DirectoryStore,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Requires('swr::createLoginSecret', { plane: 'tenant' })
  @Post('secret')
  @HttpCode(200)
  @ApiOperation({ summary: 'CreateSecret: a temporary login command, in the header X-Swr-Dockerlogin' })
  @ApiZodResponse(200, loginResponseSchema)
  async createSecret(
    @ApiZodQuery(loginQuerySchema) query: LoginQuery,
    @CurrentActor() actor: Actor,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<LoginResponse> {
    const project = await this.projectOf(query, actor.principal);
    return this.answer(project, query, actor, reply, (id) => registryUsername(project, id));
  }

  @Requires('swr::createAuthorizationToken', { plane: 'tenant' })
  @Post('authorizationtoken')
  @HttpCode(200)
  @ApiOperation({ summary: 'CreateAuthorizationToken: the same for a name that tells no project' })
  @ApiZodResponse(200, loginResponseSchema)
  async createAuthorizationToken(
    @CurrentActor() actor: Actor,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<LoginResponse> {
    const project = await this.projectOf({}, actor.principal);
    return this.answer(project, {}, actor, reply, (id) => `${BEARER}@${id}`);
  }

  private async answer(
    project: ProjectRecord,
    { duration_seconds: seconds }: LoginQuery,
    actor: Actor,
    reply: FastifyReply,
    nameOf: (id: string) => string,
  ): Promise<LoginResponse> {
    const place = { projectId: project.id, instanceId: '' };
    const { id, secret, expiresAt } = await this.credentials.createTemporary(place, seconds ?? null, actor);
    const username = nameOf(id);
    const registry = registryAddress(this.config.REGISTRY_ADDRESS, project.region);
    reply
      .header('X-Swr-Dockerlogin', dockerLogin(username, secret, registry))
      .header('X-Swr-Expireat', keystoneTime(expiresAt ?? 0))
      .header('Cache-Control', 'no-store');
    return { auths: { [registry]: { auth: Buffer.from(`${username}:${secret}`).toString('base64') } } };
  }

  /** Throws `QST.BadRequest` where none is named and there is a choice, `QST.NotFound` for one that is not the caller's. */
  private async projectOf({ projectname: name }: LoginQuery, principal: Principal): Promise<ProjectRecord> {
    const { domainId, projectId } = principal;
    if (name === undefined && projectId === null) {
      const [only, second] = await this.directory.regionProjects(domainId);
      if (only && !second) return only;
      throw new AppError('QST.BadRequest', 'Name the project: projectname, or a project scope of the caller.');
    }
    const wanted = name === undefined ? { id: projectId ?? '' } : { name };
    const project = await this.directory.project(domainId, wanted);
    if (project === null) throw new AppError('QST.NotFound', 'There is no such project.');
    return project;
  }
}

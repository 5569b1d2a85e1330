/** The one global guard: who calls, whether the path is of the caller's domain, and whether the action is allowed. */
import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { AppError } from '../kernel/errors.js';
import type { Principal } from '../kernel/principal.js';
import { Authenticator, ProjectDirectory } from '../identity/index.js';
import { codeFor, familyOf } from '../platform/http/api-family.js';
import { requestOrigin } from '../platform/http/request-origin.js';
import { PUBLIC, REQUIREMENT, type Requirement } from '../platform/http/requires.js';
import { ACCESS_DECIDER, type AccessDecider } from './access-decider.js';

const EMPTY = Buffer.alloc(0);

@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly authenticator: Authenticator,
    private readonly projects: ProjectDirectory,
    @Inject(ACCESS_DECIDER) private readonly decider: AccessDecider,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const requirement = requirementOf(this.reflector, context);
    if (requirement === 'public') return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const principal = await this.authenticator.authenticate({
      method: request.method,
      url: request.originalUrl,
      headers: request.headers,
      host: request.host,
      body: request.rawBody ?? EMPTY,
      origin: requestOrigin(request),
    });
    request.principal = principal;
    // A forgotten decorator closes a route; a test finds it before anybody meets it.
    if (requirement === null) throw forbidden(request, 'this route allows nobody');
    const decision = await this.decider.decide(principal, requirement);
    if (!decision.allowed) throw forbidden(request, decision.reason);
    if (!(await this.isOwn(principal, requirement, request)))
      throw forbidden(request, 'the path is not of your domain');
    return true;
  }

  /** A project of another domain is answered exactly like one that does not exist. */
  private async isOwn(principal: Principal, { scope }: Requirement, { params }: FastifyRequest): Promise<boolean> {
    if (scope === 'none') return true;
    const named = params as Readonly<Record<string, string | undefined>>;
    if (scope === 'domain') return named['domain_id'] === principal.domainId;
    const projectId = named['project_id'];
    return projectId !== undefined && this.projects.belongs(principal.domainId, projectId);
  }
}

/** What the route, or else its controller, asks for; null where nothing is said. */
export function requirementOf(
  reflector: Reflector,
  context: Pick<ExecutionContext, 'getHandler' | 'getClass'>,
): Requirement | 'public' | null {
  for (const target of [context.getHandler(), context.getClass()]) {
    const requirement = reflector.get<Requirement | undefined>(REQUIREMENT, target);
    if (requirement !== undefined) return requirement;
    if (reflector.get<boolean | undefined>(PUBLIC, target) === true) return 'public';
  }
  return null;
}

function forbidden({ url }: FastifyRequest, reason: string): AppError {
  return new AppError(
    codeFor('forbidden', familyOf(url)),
    `You are not authorized to perform this operation: ${reason}.`,
  );
}

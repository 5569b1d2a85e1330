/** The one global guard: who calls, whether the path is of the caller's domain, and whether the action is allowed. */
import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { AppError } from '../kernel/errors.js';
import type { Principal } from '../kernel/principal.js';
import { decodeRepositoryName } from '../kernel/repository-name.js';
import { Authenticator, ProjectDirectory } from '../identity/index.js';
import { codeFor, familyOf } from '../platform/http/api-family.js';
import { requestOrigin } from '../platform/http/request-origin.js';
import { clientAddress, PUBLIC, REQUIREMENT, type Requirement } from '../platform/http/requires.js';
import { ACCESS_DECIDER, type AccessDecider, type AccessTarget } from './access-decider.js';

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
    const decision = await this.decider.decide(
      principal,
      requirement,
      await this.targetOf(principal, requirement, request),
    );
    if (!decision.allowed) throw forbidden(request, decision.reason);
    request.beyondSelf = decision.beyondSelf;
    return true;
  }

  /** A project of another domain is answered exactly like one that does not exist; so is a domain, to tenants. */
  private async targetOf(
    principal: Principal,
    requirement: Requirement,
    request: FastifyRequest,
  ): Promise<AccessTarget> {
    const named = domainNamed(requirement, request) ?? principal.domainId;
    const isForeign = named !== principal.domainId && !principal.isOperator;
    // What has a foreign id is answered by the handler, like what has none.
    if (isForeign && requirement.domainIn === null)
      throw forbidden(request, `${lastPart(requirement.domain ?? '')} is not your own`);
    const domainId = isForeign ? principal.domainId : named;
    const path = resourcePath(requirement.resource, request);
    const target = { domainId, project: null, path, sourceIp: clientAddress(request) };
    const { scope } = requirement;
    if (scope === 'none') return target;
    if (scope === 'caller') return { ...target, project: await this.projects.inScope(principal) };
    const inPath = textOf(request.params, `${scope}_id`) ?? '';
    if (scope === 'domain' && inPath === principal.domainId) return target;
    const project = scope === 'project' ? await this.projects.find(principal.domainId, inPath) : null;
    if (project === null) throw forbidden(request, 'the path is not of your domain');
    return { ...target, project };
  }
}

/** Null where the request names no domain, or names it in a form that the route will refuse. */
function domainNamed({ domain, domainIn }: Requirement, request: FastifyRequest): string | null {
  if (domain === null) return null;
  const { query, params, body } = request;
  const place = domain.slice(0, domain.indexOf('.'));
  const given = place === 'path' ? params : place === 'query' ? query : body;
  const name = lastPart(domain);
  const value = memberOf(given, name);
  if (value === undefined || value === null || value === '') return null;
  if (typeof value === 'string') return domainIn === null ? value : domainIn(value);
  const problems = [{ path: domain, message: 'must be one text' }];
  const code = codeFor(place === 'body' ? 'badBody' : 'badQuery', familyOf(request.url));
  throw new AppError(code, 'The request is not valid', { problems });
}

function lastPart(parameter: string): string {
  return parameter.slice(parameter.indexOf('.') + 1);
}

/** `{name}` becomes the parameter of that name; one that is not given stands for all. */
function resourcePath(template: string, { params, query }: FastifyRequest): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) =>
    spelledOut(name, textOf(params, name) ?? textOf(query, name) ?? '*'),
  );
}

/** Repositories whose names hold `/` are written otherwise in paths. */
function spelledOut(name: string, value: string): string {
  return name === 'repository' ? decodeRepositoryName(value) : value;
}

function textOf(given: unknown, name: string): string | null {
  const value = memberOf(given, name);
  return typeof value === 'string' && value !== '' ? value : null;
}

function memberOf(given: unknown, name: string): unknown {
  if (typeof given !== 'object' || given === null || !Object.hasOwn(given, name)) return undefined;
  return (given as Readonly<Record<string, unknown>>)[name];
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

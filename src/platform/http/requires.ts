/** What a route asks of its caller, as metadata only: the guard that reads it lives in `policies`. */
import { applyDecorators, createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common';
import { ApiExtension, ApiSecurity } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { Principal } from '../../kernel/principal.js';
import { AppError } from '../../kernel/errors.js';

export const REQUIREMENT = Symbol('REQUIREMENT');
export const PUBLIC = Symbol('PUBLIC');

export type Plane = 'tenant' | 'operator';

export interface RequiresOptions {
  readonly plane: Plane;
  /**
   * `project`: the path's `project_id` must be of the caller's domain; `domain`: the path's `domain_id` must be it; `caller`: the
   * project that the caller is scoped to, else the only one of the domain, as the path names none. Default `none`.
   */
  readonly scope?: RequiredScope;
  /** True: every authenticated caller may, for what is its own; the handler looks after the rest. */
  readonly self?: boolean;
  /** Path of the resource that is acted on; `{name}` stands for a parameter of the path or query. Default `*`: no particular one. */
  readonly resource?: string;
  /** Which parameter may name another domain to act for; only operators' policies can allow that. Default: one's own domain. */
  readonly domain?: DomainParameter;
  /** Where ids begin with their domain: reads it out of {@link domain}; null for what is no such id. To tenants the handler answers. */
  readonly domainIn?: (id: string) => string | null;
}

export type RequiredScope = 'project' | 'domain' | 'caller' | 'none';

export type DomainParameter = `${'path' | 'query' | 'body'}.${string}`;

export interface Requirement {
  /** `service:resourceType:operation`. */
  readonly action: string;
  readonly plane: Plane;
  readonly scope: RequiredScope;
  readonly self: boolean;
  readonly resource: string;
  readonly domain: DomainParameter | null;
  readonly domainIn: ((id: string) => string | null) | null;
}

/**
 * On routes with `self`: whether the caller may do the action beyond what is its own, in a domain (default: the one that the
 * request is about).
 */
export type BeyondSelf = (domainId?: string) => boolean;

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the guard on every route that is not public. */
    principal?: Principal;
    /** Set by the guard with {@link principal}. */
    beyondSelf?: BeyondSelf;
  }
}

export const SECURITY_SCHEME = 'X-Auth-Token';

/** Guards a route (or all of a controller) by an action of the catalogue. */
export function Requires(action: string, options: RequiresOptions): MethodDecorator & ClassDecorator {
  const requirement: Requirement = {
    action,
    plane: options.plane,
    scope: options.scope ?? 'none',
    self: options.self ?? false,
    resource: options.resource ?? '*',
    domain: options.domain ?? null,
    domainIn: options.domainIn ?? null,
  };
  return applyDecorators(
    SetMetadata(REQUIREMENT, requirement),
    ApiSecurity(SECURITY_SCHEME),
    ApiExtension('x-action', action),
  );
}

/** Opens a route (or all of a controller) to everyone: health, metrics, documentation, the login. */
export function Public(): MethodDecorator & ClassDecorator {
  return SetMetadata(PUBLIC, true);
}

/** The authenticated caller. Only on routes with {@link Requires}. */
export const CurrentPrincipal = createParamDecorator((_: unknown, context: ExecutionContext): Principal => {
  const { principal } = context.switchToHttp().getRequest<FastifyRequest>();
  if (principal === undefined) throw new AppError('QST.Internal', 'a route without @Requires asked for the principal');
  return principal;
});

/** The caller's address, behind trusted proxies the one they report. IPv4 in IPv6 notation is told as IPv4. */
export const ClientAddress = createParamDecorator((_: unknown, context: ExecutionContext): string =>
  clientAddress(context.switchToHttp().getRequest<FastifyRequest>()),
);

export function clientAddress(request: FastifyRequest): string {
  return request.ip.replace(/^::ffff:(?=\d+\.)/i, '');
}

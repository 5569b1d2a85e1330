/** Who may do what with a request: by what is one's own, and by policies on its scope's URN (docs/quota-requests.md, "Who may"). */
import { Inject, Injectable } from '@nestjs/common';
import { type Actor, ProjectDirectory } from '../identity/index.js';
import { AppError } from '../kernel/errors.js';
import type { Principal } from '../kernel/principal.js';
import { ACCESS_DECIDER, type AccessDecider, type AccessTarget } from '../policies/index.js';
import { parseScopeKey, projectOf } from '../quotas/index.js';
import { type QuotaRequest, userKey } from './quota-request.js';

/** Whose quota it is. */
export type RequestPlace = Pick<QuotaRequest, 'domainId' | 'quotaKey' | 'scope'>;

export type TenantAction = `quota:request:${'create' | 'get' | 'list' | 'update' | 'withdraw' | 'comment' | 'export'}`;
export type OperatorAction = `quota:request:${'approve' | 'review'}`;

@Injectable()
export class RequestAccess {
  constructor(
    @Inject(ACCESS_DECIDER) private readonly decider: AccessDecider,
    private readonly projects: ProjectDirectory,
  ) {}

  /** The scope of the caller itself, in its own domain. */
  isOwnScope({ userId, domainId }: Principal, place: RequestPlace): boolean {
    const scope = parseScopeKey(place.scope, place.domainId);
    return place.domainId === domainId && scope.kind === 'user' && scope.id === userId;
  }

  isOwn(principal: Principal, request: QuotaRequest): boolean {
    return userKey(request.requester) === userKey(principal) || this.isOwnScope(principal, request);
  }

  /** Whether a policy allows it on the scope; with `own` whether none denies it. */
  async may(
    { principal, origin }: Pick<Actor, 'principal' | 'origin'>,
    action: TenantAction | OperatorAction,
    place: RequestPlace,
    own = false,
  ): Promise<boolean> {
    const projectId = projectOf(parseScopeKey(place.scope, place.domainId));
    const project = projectId === null ? null : await this.projects.find(place.domainId, projectId);
    return this.decide({ principal, origin }, action, own, {
      domainId: place.domainId,
      project,
      path: `${place.quotaKey}/${place.scope}`,
      sourceIp: origin.sourceIp,
    });
  }

  /** Whether a policy allows it on all of the domain; `*`: of all domains. */
  mayInDomain(
    actor: Pick<Actor, 'principal' | 'origin'>,
    action: TenantAction | OperatorAction,
    domainId: string,
  ): Promise<boolean> {
    return this.decide(actor, action, false, { domainId, project: null, path: '*', sourceIp: actor.origin.sourceIp });
  }

  private async decide(
    { principal }: Pick<Actor, 'principal' | 'origin'>,
    action: TenantAction | OperatorAction,
    self: boolean,
    target: AccessTarget,
  ): Promise<boolean> {
    if (target.domainId !== principal.domainId && !principal.isOperator) return false;
    const plane = isOperators(action) ? 'operator' : 'tenant';
    const requirement = { action, plane, scope: 'none', self, resource: '*', domain: null, domainIn: null } as const;
    return (await this.decider.decide(principal, requirement, target)).allowed;
  }

  /** Whether it may be shown to the caller at all. */
  async maySee(actor: Pick<Actor, 'principal' | 'origin'>, request: QuotaRequest): Promise<boolean> {
    const own = this.isOwn(actor.principal, request);
    if (await this.may(actor, 'quota:request:get', request, own)) return true;
    return actor.principal.isOperator && this.may(actor, 'quota:request:approve', request);
  }

  /** Internal remarks are for operators, and not for those who wish. */
  seesInternal(principal: Principal, request: QuotaRequest): boolean {
    return principal.isOperator && !request.authors.includes(userKey(principal));
  }

  /** Neither who wished for it decides on it, by whatever key, nor whose own scope it is. Throws `QST.QuotaRequest.SelfApproval`. */
  refuseOwn(principal: Principal, request: QuotaRequest): void {
    if (this.mayNotDecide(principal, request))
      throw new AppError('QST.QuotaRequest.SelfApproval', 'Nobody decides on what is wished for by, or for, oneself.');
  }

  mayNotDecide(principal: Principal, request: QuotaRequest): boolean {
    return request.authors.includes(userKey(principal)) || this.isOwnScope(principal, request);
  }

  /** Throws `QST.NotFound` for what may not even be seen, `QST.Forbidden` for what may not be done. */
  async require(
    actor: Pick<Actor, 'principal' | 'origin'>,
    action: TenantAction | OperatorAction,
    request: QuotaRequest,
  ): Promise<void> {
    const own = !isOperators(action) && this.isOwn(actor.principal, request);
    if (await this.may(actor, action, request, own)) return;
    if (!(await this.maySee(actor, request))) throw notFound();
    throw new AppError(
      'QST.Forbidden',
      `You are not authorized to perform this operation: no policy allows ${action}.`,
    );
  }
}

function isOperators(action: TenantAction | OperatorAction): action is OperatorAction {
  return action === 'quota:request:approve' || action === 'quota:request:review';
}

export function notFound(): AppError {
  return new AppError('QST.NotFound', 'There is no such quota request.');
}

/** Decides what routes require by the policies of their callers; nobody is allowed anything without one (design §6, §7). */
import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '../kernel/clock.js';
import type { Principal } from '../kernel/principal.js';
import { formatUrn } from '../kernel/urn.js';
import type { Requirement } from '../platform/http/requires.js';
import { CLOCK } from '../platform/tokens.js';
import type { AccessDecider, AccessDecision, AccessTarget } from './access-decider.js';
import { splitAction } from './core/action-pattern.js';
import { callContext } from './core/principal-context.js';
import { Decisions, type Question } from './decisions.service.js';

@Injectable()
export class PolicyDecider implements AccessDecider {
  constructor(
    private readonly decisions: Decisions,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async decide(principal: Principal, requirement: Requirement, target: AccessTarget): Promise<AccessDecision> {
    const { action, plane, self } = requirement;
    if (plane === 'operator' && !principal.isOperator)
      return { allowed: false, reason: `${action} can be allowed to principals of the operator domain only` };
    const judge = await this.decisions.judge(principal.domainId, principal);
    const context = callContext({
      nowMs: this.clock.now(),
      sourceIp: target.sourceIp,
      mfaAt: principal.mfaAt,
      projectName: target.project?.name ?? null,
    });
    const within = (domainId: string): Question => ({
      action,
      resource: resourceOf(action, { ...target, domainId }),
      context,
      projectId: target.project?.id ?? null,
    });
    const decision = judge.decide(within(target.domainId), null);
    if (decision === 'ExplicitDeny') return { allowed: false, reason: `a policy denies ${action}` };
    if (decision === 'ImplicitDeny' && !self) return { allowed: false, reason: `no policy allows ${action}` };
    return {
      allowed: true,
      beyondSelf: (domainId = target.domainId) => judge.decide(within(domainId), null) === 'Allow',
    };
  }
}

/** Null for an action that is done on no resource. */
function resourceOf(action: string, { domainId, project, path }: AccessTarget): string | null {
  const [service, resourceType = ''] = splitAction(action) ?? ['', ''];
  if (resourceType === '') return null;
  return formatUrn({ service, region: project?.region ?? '*', domainId, resourceType, path });
}

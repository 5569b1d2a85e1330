/** The fixed rule that stands in until policies are evaluated: administrators may all that is of their plane, others nothing. */
import { Injectable } from '@nestjs/common';
import type { Principal } from '../kernel/principal.js';
import type { Requirement } from '../platform/http/requires.js';
import type { AccessDecider, AccessDecision } from './access-decider.js';

@Injectable()
export class AdministratorRule implements AccessDecider {
  decide(principal: Principal, { action, plane, self }: Requirement): Promise<AccessDecision> {
    return Promise.resolve(apply(principal, action, plane, self));
  }
}

function apply(principal: Principal, action: string, plane: Requirement['plane'], self: boolean): AccessDecision {
  if (self) return { allowed: true };
  if (plane === 'operator' && !principal.isOperator)
    return { allowed: false, reason: `${action} can be allowed to principals of the operator domain only` };
  if (!principal.isAdministrator) return { allowed: false, reason: `${action} is allowed to administrators only` };
  return { allowed: true };
}

/** The same policies for casbin: one row a statement, and matchers that are compiled beforehand, so that only its own work is measured. */
import { type Enforcer, newEnforcer, newModelFromString } from 'casbin';
import type { CompiledSet } from '../src/policies/core/compiled-set.js';
import {
  actionHolds,
  conditionsHold,
  prepareRequest,
  type PreparedRequest,
  resourceHolds,
} from '../src/policies/core/compiled-statement.js';
import { YES } from '../src/policies/core/condition.js';
import type { AccessRequest } from '../src/policies/core/policy.js';

const MODEL = `
[request_definition]
r = request
[policy_definition]
p = action, resource, condition, eft
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = hasAction(r.request, p.action) && hasResource(r.request, p.resource) && meets(r.request, p.condition)
`;

/** Casbin knows only allowed or not. */
export async function prepareCasbin(set: CompiledSet): Promise<(request: AccessRequest) => boolean> {
  const enforcer: Enforcer = await newEnforcer(newModelFromString(MODEL));
  const statementAt = (place: unknown) => {
    const statement = set.statements[Number(place)];
    if (statement === undefined) throw new Error(`no statement ${String(place)}`);
    return statement;
  };
  await enforcer.addFunction('hasAction', (request: PreparedRequest, place: unknown) =>
    actionHolds(statementAt(place), request.action),
  );
  await enforcer.addFunction('hasResource', (request: PreparedRequest, place: unknown) => {
    const { resource, cuts, context } = request;
    return resourceHolds(statementAt(place).resources, resource, cuts, context) === YES;
  });
  await enforcer.addFunction(
    'meets',
    (request: PreparedRequest, place: unknown) =>
      conditionsHold(statementAt(place).conditions, request.context) === YES,
  );
  await enforcer.addPolicies(
    set.statements.map(({ effect }, place) => [
      String(place),
      String(place),
      String(place),
      effect === 'Allow' ? 'allow' : 'deny',
    ]),
  );
  return (request) => enforcer.enforceSync(prepareRequest(request));
}

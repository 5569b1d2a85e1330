/** What webhooks are told of a step of a quota request: the `data` of its event. */
import { parseScopeKey, renderScope } from '../quotas/index.js';
import type { QuotaRequest, RequestStep } from './quota-request.js';
import { renderDecision, renderPerson } from './requests.dto.js';

export function renderNotice(request: QuotaRequest, { action, by, from, to, note }: RequestStep) {
  return {
    id: request.id,
    action,
    by: renderPerson(by),
    from,
    to,
    note,
    state: request.state,
    quota_key: request.quotaKey,
    scope: renderScope(parseScopeKey(request.scope, request.domainId)),
    limit_at_request: request.limitAtRequest,
    desired: request.desired,
    until: request.untilMs,
    requester: renderPerson(request.requester),
    decision: request.decision && renderDecision(request.decision),
  };
}

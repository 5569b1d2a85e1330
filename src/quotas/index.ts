/** What other capabilities may know of quotas. */
export { AskReader } from './ask-reader.service.js';
export type { AnyActor, ServiceActor } from './change-recorder.service.js';
export { MAX_LIMIT, UNLIMITED } from './core/definition.js';
export { exceeds } from './core/limits.js';
export { parseScopeKey, projectOf, type Scope, SCOPE_KINDS, scopeKey } from './core/scope.js';
export { EffectiveLimits, type ScopeStanding } from './effective-limits.service.js';
export { entityTag, requireMatch } from './entity-tag.js';
export { Grants } from './grants.service.js';
export { Limits } from './limits.service.js';
export { type ClosedScope, QuotaExtensions, type QuotaObserver } from './quota-extensions.js';
export {
  domainIdSchema,
  limitSchema,
  quotaKeySchema,
  reasonSchema,
  renderScope,
  scopeFrom,
  scopeSchema,
  type WireScope,
} from './quotas.dto.js';
export { QuotasModule } from './quotas.module.js';
export { type Caller, domainOfReservation as domainOfId } from './reservation.js';

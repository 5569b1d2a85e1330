export { ACCESS_DECIDER, type AccessDecider, type AccessDecision } from './access-decider.js';
export { requirementOf } from './access.guard.js';
export { PoliciesModule } from './policies.module.js';

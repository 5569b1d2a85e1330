export { ACCESS_DECIDER, type AccessDecider, type AccessDecision, type AccessTarget } from './access-decider.js';
export { requirementOf } from './access.guard.js';
export { PoliciesModule } from './policies.module.js';
export { BreakGlass, type Restored } from './break-glass.service.js';
export { breakGlassCommand } from './break-glass.command.js';

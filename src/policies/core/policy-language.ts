/** The public face of the language: parse, check, compile, decide, explain. Everything is pure. */
export { parsePolicy, type ParsedPolicy, type ParseOptions } from './parse-policy.js';
export { checkPolicy } from './lint-policy.js';
export { allActions, type CatalogueAction, findAction } from './action-catalogue.js';
export { printPolicy, type PolicyDocument } from './print-policy.js';
export { compile, type CompiledSet, type CompileOptions } from './compiled-set.js';
export { decide } from './decide.js';
export {
  type DeterminingStatement,
  explain,
  type Explanation,
  type NearMiss,
  type StatementReference,
} from './explain.js';
export { decideLayers, explainLayers, type LayeredExplanation, type Layers } from './layers.js';
export { grantAllows, type GrantLevel, type SwrGrants } from './swr-grants.js';
export { type Finding, pathText } from './finding.js';
export { renderExplanation, renderFinding, type WireFinding, type WireResult } from './wire-decision.js';
export { undocumentedChoices } from './undocumented-choices.js';
export type { AccessRequest, ContextValue, Decision, NamedPolicy, Policy, RequestContext } from './policy.js';

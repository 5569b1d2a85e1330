/** Decides a request: an applicable Deny, else any Allow, else nothing allows it (domain/iam.md §1.1). */
import type { CompiledSet } from './compiled-set.js';
import { explain } from './explain.js';
import type { AccessRequest, Decision } from './policy.js';

export function decide(set: CompiledSet, request: AccessRequest): Decision {
  return explain(set, request).decision;
}

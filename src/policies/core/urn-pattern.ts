/** Resource patterns `service:region:domainId:resourceType:path`, matched segment by segment; only a star of the path crosses a colon. */
import { compileGlob, type Glob, matchesGlob } from './glob.js';
import type { PolicyVersion, RequestContext } from './policy.js';
import { resolveTemplate, type Template, parseTemplate, type TemplateRules, type Token } from './template.js';
import { undocumentedChoices } from './undocumented-choices.js';

/** Five templates: service, region, domain, resource type, path. */
export type UrnTemplate = readonly Template[];

export const [SERVICE, REGION, DOMAIN, TYPE, PATH] = [0, 1, 2, 3, 4] as const;
const SEGMENTS = 5;
export const AGENCY_URI = '/iam/agencies/';

export interface UrnPattern {
  /** What must be resolved first; null where there are no variables. */
  readonly template: UrnTemplate | null;
  /** Null where a segment is `*` alone. Empty where variables must be resolved first. */
  readonly globs: readonly (Glob | null)[];
}

export function urnRules(version: PolicyVersion): TemplateRules {
  const modern = version === '5.0';
  return { star: true, any: modern && undocumentedChoices.questionMarkInResource, variables: modern };
}

/** Null where a variable is malformed; fewer than five segments where colons are missing. */
export function parseUrnTemplate(text: string, rules: TemplateRules): UrnTemplate | null {
  const template = parseTemplate(text, rules);
  return template === null ? null : splitAtColons(template);
}

/** A colon within a variable does not count. */
function splitAtColons(template: Template): UrnTemplate {
  const segments: Token[][] = [[]];
  const add = (token: Token): void => void segments.at(-1)?.push(token);
  for (const token of template) {
    if (token.kind !== 'text') {
      add(token);
      continue;
    }
    let rest = token.text;
    for (let colon = rest.indexOf(':'); colon >= 0 && segments.length < SEGMENTS; colon = rest.indexOf(':')) {
      if (colon > 0) add({ kind: 'text', text: rest.slice(0, colon) });
      segments.push([]);
      rest = rest.slice(colon + 1);
    }
    if (rest !== '') add({ kind: 'text', text: rest });
  }
  return segments;
}

/** @param shared globs of segments that are plain text: most patterns of a set have all but the path in common */
export function compileUrn(template: UrnTemplate, shared: Map<string, Glob | null>): UrnPattern {
  if (template.some(hasVariable)) return { template, globs: [] };
  return { template: null, globs: template.map((segment, index) => sharedGlob(segment, index, shared)) };
}

function hasVariable(segment: Template): boolean {
  return segment.some(({ kind }) => kind === 'variable');
}

function sharedGlob(segment: Template, index: number, shared: Map<string, Glob | null>): Glob | null {
  const [only] = segment;
  if (index === PATH || segment.length !== 1 || only?.kind !== 'text') return globOf(segment, index);
  const key = `${index}${only.text}`;
  const known = shared.get(key);
  if (known !== undefined) return known;
  const glob = globOf(segment, index);
  shared.set(key, glob);
  return glob;
}

function globOf(segment: Template, index: number): Glob | null {
  if (segment.length === 1 && segment[0]?.kind === 'star') return null;
  return compileGlob(segment, (index === SERVICE || index === TYPE) && undocumentedChoices.urnTypeIgnoresCase);
}

/** `cuts` receives where the first four colons stand. False where there are fewer: such a text is no URN. */
export function cutUrn(urn: string, cuts: Int32Array): boolean {
  let at = -1;
  for (let index = 0; index < SEGMENTS - 1; index++) {
    at = urn.indexOf(':', at + 1);
    if (at < 0) return false;
    cuts[index] = at;
  }
  return true;
}

export function matchesUrn(pattern: UrnPattern, urn: string, cuts: Int32Array, context: RequestContext): boolean {
  const globs = pattern.template === null ? pattern.globs : resolvedGlobs(pattern.template, context);
  if (globs === null) return false;
  let from = 0;
  for (let index = 0; index < SEGMENTS; index++) {
    const to = index === PATH ? urn.length : (cuts[index] ?? 0);
    const glob = globs[index];
    if (glob && !matchesGlob(glob, urn, from, to)) return false;
    from = to + 1;
  }
  return true;
}

function resolvedGlobs(template: UrnTemplate, context: RequestContext): (Glob | null)[] | null {
  const segments = template.map((segment) => resolveTemplate(segment, context));
  const resolved = segments.filter((segment) => segment !== null);
  return resolved.length === segments.length ? resolved.map(globOf) : null;
}

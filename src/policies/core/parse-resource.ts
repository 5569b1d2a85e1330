/** Reads Resource and NotResource: URN patterns, `*`, or the old form for agencies. */
import type { Path, ProblemCode, Problems } from './finding.js';
import { MAX_STARS } from './glob.js';
import { arrayOf, membersOf, textOf } from './json-shape.js';
import type { JsonNode } from './json-text.js';
import type { PolicyVersion, ResourceClause } from './policy.js';
import type { Template } from './template.js';
import { AGENCY_URI, parseUrnTemplate, PATH, REGION, SERVICE, TYPE, urnRules } from './urn-pattern.js';

const MAX_RESOURCES = 10;
const MAX_URIS = 20;
const MAX_LENGTH = 1_500;

export function parseResources(
  members: ReadonlyMap<string, JsonNode>,
  path: Path,
  problems: Problems,
  version: PolicyVersion,
): ResourceClause | null {
  const negated = members.has('NotResource') && !members.has('Resource');
  if (members.has('Resource') && members.has('NotResource'))
    problems.add('UNSUPPORTED_ELEMENT_COMBINATION', path, 'Resource and NotResource exclude each other');
  const name = negated ? 'NotResource' : 'Resource';
  const node = members.get(name);
  if (node === undefined) return null;
  const at = [...path, name];
  if (node.kind === 'object' && version !== '5.0') {
    const inner = membersOf(node, ['uri'], at, problems);
    return { negated, form: 'uri', patterns: parseUris(inner.get('uri'), [...at, 'uri'], problems) };
  }
  const items = arrayOf(node);
  if (items === null) {
    problems.add(1049, at, `${name} must be an array${version === '5.0' ? '' : ', or an object with uri'}`);
    return { negated, form: 'urn', patterns: [] };
  }
  const most = version === '5.0' ? Infinity : MAX_RESOURCES;
  if (items.length === 0 || items.length > most)
    problems.add(
      1040,
      at,
      `${items.length} resources; there must be ${most === Infinity ? 'at least 1' : `1 to ${most}`}`,
    );
  const patterns = items.map((item, index) => parseUrn(item, [...at, index], problems, version));
  return { negated, form: 'urn', patterns };
}

function parseUris(node: JsonNode | undefined, path: Path, problems: Problems): string[] {
  const items = arrayOf(node);
  if (items === null || items.length === 0 || items.length > MAX_URIS) {
    problems.add(1037, path, `uri must be an array of 1 to ${MAX_URIS} agencies`);
    return [];
  }
  return items.map((item, index) => {
    const uri = textOf(item) ?? '';
    const id = uri.slice(AGENCY_URI.length);
    if (uri === '') problems.add(1041, [...path, index], 'a URI is text that is not empty');
    else if (uri.length > MAX_LENGTH) problems.add(1042, [...path, index], `more than ${MAX_LENGTH} characters`);
    else if (!uri.startsWith(AGENCY_URI) || id === '' || id.includes('/') || !isPrintable(uri) || id.includes('*'))
      problems.add(1038, [...path, index], `the old form is for agencies only: ${AGENCY_URI}ID`);
    return uri;
  });
}

function parseUrn(item: JsonNode, path: Path, problems: Problems, version: PolicyVersion): string {
  const text = textOf(item);
  const fault = text === null ? ([1060, 'a resource is text'] as const) : urnFault(text, version);
  if (fault !== null) problems.add(fault[0], path, fault[1]);
  return text ?? '';
}

function urnFault(text: string, version: PolicyVersion): readonly [ProblemCode, string] | null {
  if (text === '') return [1041, 'a resource is text that is not empty'];
  if (text.length > MAX_LENGTH) return [1042, `${text.length} characters, at most ${MAX_LENGTH}`];
  if (text === '*') return null;
  if (!isPrintable(text)) return [1048, 'holds control characters'];
  if (version !== '5.0' && text.includes('?')) return [1048, 'only * is a wildcard of resources here'];
  if (version !== '5.0' && text.includes('${')) return [1048, 'variables exist in version 5.0 only'];
  const segments = parseUrnTemplate(text, urnRules(version));
  if (segments === null) return [1048, "a variable is ${prefix:name} or ${prefix:name, 'default'}"]; // eslint-disable-line no-template-curly-in-string -- says how it is written
  if (segments.length <= PATH) return [1043, `"${text}" is not of the form service:region:account:resourceType:path`];
  if (segments[SERVICE]?.length === 0) return [1045, 'the service is empty'];
  if (segments[TYPE]?.length === 0) return [1046, 'the resource type is empty'];
  if (segments[PATH]?.length === 0) return [1047, 'the path is empty'];
  if (segments[REGION]?.some(isOdd)) return [1044, 'the region holds a slash'];
  const stars = segments.flat().filter(({ kind }) => kind === 'star').length;
  return stars > MAX_STARS ? [1048, `${stars} wildcards, at most ${MAX_STARS}`] : null;
}

function isOdd(token: Template[number]): boolean {
  return token.kind === 'text' && token.text.includes('/');
}

/** Blanks may stand within a variable, `${g:UserName, 'nobody'}`, and nowhere else that would be noticed. */
function isPrintable(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charAt(at) < ' ' || text.charAt(at) === '\u007f') return false;
  return true;
}

/**
 * Finds the statements of a resource. Patterns are told apart by service and resource type, then by the plain text that
 * their path begins or ends with, whichever is rarer; only what is left is matched.
 */
import { foldCase, foldedAt, foldUnit } from './letter-case.js';
import { type PathTrie, PathTrieBuilder } from './path-trie.js';
import type { Effect } from './policy.js';
import { plainText, type Template } from './template.js';
import { PATH, SERVICE, TYPE, type UrnPattern, type UrnTemplate } from './urn-pattern.js';

/** One pattern of one statement. */
export interface ResourceEntry {
  readonly statement: number;
  readonly effect: Effect;
  readonly actionSet: number;
  readonly template: UrnTemplate;
  readonly pattern: UrnPattern;
}

/** Service and resource type, folded; null where they hold a wildcard or a variable. */
interface BucketKey {
  readonly service: string | null;
  readonly type: string | null;
}

export interface Bucket {
  readonly key: BucketKey;
  /** Roots: [forward, backward] of each effect; -1 where there is nothing. */
  readonly roots: Readonly<Record<Effect, readonly [number, number]>>;
}

export interface ResourceIndex {
  readonly trie: PathTrie;
  /** Of each entry. */
  readonly statements: Int32Array;
  readonly patterns: readonly UrnPattern[];
  /** Open addressing over the hash of service and type; null where nothing stands. */
  readonly buckets: readonly (Bucket | null)[];
  /** Buckets whose service or type is open, the few that every request looks at. */
  readonly open: readonly Bucket[];
}

export function buildResourceIndex(entries: readonly ResourceEntry[]): ResourceIndex {
  const builder = new PathTrieBuilder();
  const grouped = new Map<string, { key: BucketKey; members: number[] }>();
  for (const [index, { template }] of entries.entries()) {
    const key = { service: foldedText(template[SERVICE]), type: foldedText(template[TYPE]) };
    const name = `${key.service ?? '*'}:${key.type ?? '*'}`;
    const group = grouped.get(name);
    if (group === undefined) grouped.set(name, { key, members: [index] });
    else group.members.push(index);
  }
  const all = [...grouped.values()].map(({ key, members }) => buildBucket(key, members, entries, builder));
  return {
    trie: builder.build(),
    statements: Int32Array.from(entries, ({ statement }) => statement),
    patterns: entries.map(({ pattern, template }) => withoutBucketParts(pattern, template)),
    buckets: hashed(all.filter(({ key }) => !isOpen(key))),
    open: all.filter(({ key }) => isOpen(key)),
  };
}

function isOpen({ service, type }: BucketKey): boolean {
  return service === null || type === null;
}

function foldedText(segment: Template | undefined): string | null {
  const text = plainText(segment ?? []);
  return text === null ? null : foldCase(text);
}

/** The bucket has compared plain services and types already. */
function withoutBucketParts(pattern: UrnPattern, template: UrnTemplate): UrnPattern {
  if (pattern.template !== null) return pattern;
  const [service = null, region = null, domain = null, type = null, path = null] = pattern.globs;
  const isPlain = (index: number): boolean => plainText(template[index] ?? []) !== null;
  const globs = [isPlain(SERVICE) ? null : service, region, domain, isPlain(TYPE) ? null : type, path];
  return { template: null, globs };
}

function buildBucket(
  key: BucketKey,
  members: readonly number[],
  entries: readonly ResourceEntry[],
  builder: PathTrieBuilder,
): Bucket {
  const roots: Record<Effect, [number, number]> = { Allow: [-1, -1], Deny: [-1, -1] };
  const ends = members.map((index) => endsOf(entries[index]?.template[PATH] ?? []));
  const [prefixes, suffixes] = [counts(ends.map(({ prefix }) => prefix)), counts(ends.map(({ suffix }) => suffix))];
  for (const [place, index] of members.entries()) {
    const [entry, { prefix, suffix } = { prefix: '', suffix: '' }] = [entries[index], ends[place]];
    if (entry === undefined) continue;
    const backward = suffix !== '' && (suffixes.get(suffix) ?? 0) < (prefixes.get(prefix) ?? 0);
    const direction = backward ? 1 : 0;
    const known = roots[entry.effect][direction];
    const root = known >= 0 ? known : builder.addRoot();
    roots[entry.effect][direction] = root;
    builder.insert(root, backward ? reversed(suffix) : prefix, entry.actionSet, index);
  }
  return { key, roots };
}

/** The plain text at either end of a path; both are the whole where there is nothing but plain text. */
function endsOf(path: Template): { prefix: string; suffix: string } {
  const [first, last] = [path[0], path.at(-1)];
  return { prefix: first?.kind === 'text' ? first.text : '', suffix: last?.kind === 'text' ? last.text : '' };
}

function counts(texts: readonly string[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const text of texts) found.set(text, (found.get(text) ?? 0) + 1);
  return found;
}

/** By code units, as the walk reads. */
function reversed(text: string): string {
  let backward = '';
  for (let at = text.length - 1; at >= 0; at--) backward += text.charAt(at);
  return backward;
}

function hashed(buckets: readonly Bucket[]): (Bucket | null)[] {
  let size = 8;
  while (size < buckets.length * 2) size *= 2;
  const table: (Bucket | null)[] = Array.from({ length: size }, () => null);
  for (const bucket of buckets) {
    const [service, type] = [bucket.key.service ?? '', bucket.key.type ?? ''];
    let slot = hashOf(type, 0, type.length, hashOf(service, 0, service.length, SEED)) & (size - 1);
    while (table[slot] !== null) slot = (slot + 1) & (size - 1);
    table[slot] = bucket;
  }
  return table;
}

const SEED = 0x811c9dc5;

function hashOf(text: string, from: number, to: number, seed: number): number {
  let hash = seed;
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ foldUnit(text.charCodeAt(at)), 0x01000193);
  return hash ^ (hash >>> 13);
}

/** The bucket of the URN's own service and type, or null. */
export function bucketOf({ buckets }: ResourceIndex, urn: string, cuts: Int32Array): Bucket | null {
  const typeStart = (cuts[2] ?? 0) + 1;
  const mask = buckets.length - 1;
  const hash = hashOf(urn, typeStart, cuts[3] ?? 0, hashOf(urn, 0, cuts[0] ?? 0, SEED));
  for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
    const bucket = buckets[slot] ?? null;
    if (bucket === null || fitsBucket(bucket, urn, cuts)) return bucket;
  }
}

export function fitsBucket({ key: { service, type } }: Bucket, urn: string, cuts: Int32Array): boolean {
  const typeStart = (cuts[2] ?? 0) + 1;
  if (service !== null && (service.length !== (cuts[0] ?? 0) || !foldedAt(urn, service, 0))) return false;
  return type === null || (type.length === (cuts[3] ?? 0) - typeStart && foldedAt(urn, type, typeStart));
}

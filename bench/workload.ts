/**
 * Synthetic traces, the one workload of all measurements: a container registry's operations as the catalogue lists them,
 * skewed as tenants are. A function of its shape and seed. Whatever could pass for a real account says `synthetic`.
 */
import { DAY_MS } from '../src/kernel/clock.js';
import { uuidV1 } from '../src/kernel/ids.js';
import catalogue from '../src/traces/data/cts-operations.json' with { type: 'json' };

export interface WorkloadShape {
  readonly traces: number;
  readonly domains: number;
  /** Of the largest domain; {@link projectsOf} tells those of each. */
  readonly projectsPerDomain: number;
  readonly usersPerDomain: number;
  readonly resourcesPerDomain: number;
  /** Epoch ms of the newest trace; the others lie evenly before it. */
  readonly endAt: number;
  readonly spanMs: number;
}

/** As large as an installation is thought to be. */
export const INSTALLATION = {
  domains: 1_000,
  projectsPerDomain: 20,
  usersPerDomain: 50,
  resourcesPerDomain: 500,
} as const;

/** What ingest is measured with: as many tenants as make no two batches alike. */
export function ingestShape(traces: number): WorkloadShape {
  return { traces, ...INSTALLATION, endAt: Date.now(), spanMs: 2 * DAY_MS };
}

interface Operation {
  readonly service_type: string;
  readonly resource_type: string;
  readonly trace_name: string;
  readonly edition?: string;
}

const known: readonly Operation[] = catalogue.operations;
const registry = known.filter(({ service_type: service }) => service === 'SWR');
const account = known.filter(({ service_type: service }) => service === 'IAM');
/** What pipelines do all day, most often first, in both editions. */
const BUSY = [
  'downloadImageLayer', 'uploadManifest', 'createBlob', 'updateImageLayer', 'postMultipartImagePackage', 'createDockerConfig',
  'showImageRepository', 'listImageTags', 'getInstanceArtifact', 'createImageTag', 'listInstanceArtifacts',
  'listImageRepositories', 'listInstanceTags', 'deleteImageTag', 'createImageRepository',
]; // prettier-ignore
const busy = BUSY.flatMap((name) => registry.find(({ trace_name: found }) => found === name) ?? []);
/** Shares of all operations: the busy ones, then any of the registry's; the rest is of the account. */
const BUSY_SHARE = 0.86;
const REGISTRY_SHARE = 0.95;

const NODE = '8000515359534e54';
/** Fills the request to about 1.2 KB of JSON an event, the size of the real ones. */
const PADDING = 'synthetic '.repeat(24);

/** A repeatable stream of numbers in [0, 1): mulberry32. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Index below `count`, the first ones far more often (Zipf's law, exponent 1, by inversion of its integral). */
function skewed(random: () => number, count: number): number {
  return Math.min(count - 1, Math.floor((count + 1) ** random() - 1));
}

/** How many projects a domain has: 20, 14, 12, 10 … of the busiest ones, 1 of most (rank and size, Zipf, exponent ½). */
export function projectsOf(domain: number, { projectsPerDomain }: Pick<WorkloadShape, 'projectsPerDomain'>): number {
  return Math.max(1, Math.round(projectsPerDomain / Math.sqrt(domain + 1)));
}

const digits = (index: number): string => index.toString(16).padStart(4, '0');
export const domainId = (index: number): string => `${'d'.repeat(28)}${digits(index)}`;
export const projectId = (domain: number, index: number): string =>
  `${digits(domain)}${'e'.repeat(24)}${digits(index)}`;

/** The events as JSON text, oldest first; the same shape and seed give the same events. */
export function* workload(shape: WorkloadShape, seed = 1): Generator<string> {
  const random = randomFrom(seed);
  for (let index = 0; index < shape.traces; index++) yield JSON.stringify(eventOf(shape, index, random));
}

function eventOf(shape: WorkloadShape, index: number, random: () => number): Record<string, unknown> {
  const domain = skewed(random, shape.domains);
  const project = skewed(random, projectsOf(domain, shape));
  const resource = skewed(random, shape.resourcesPerDomain);
  const operation = operationOf(random);
  const rating = ratingOf(random());
  const recordTime = Math.floor(shape.endAt - shape.spanMs + (shape.spanMs * index) / shape.traces);
  const address = `10.${String(domain >> 8)}.${String(domain % 256)}.${String(resource % 256)}`;
  return {
    trace_id: uuidV1(recordTime, index % 10_000, NODE),
    trace_name: operation.trace_name,
    trace_rating: rating,
    trace_type: random() < 0.3 ? 'ConsoleAction' : 'ApiCall',
    event_type: 'system',
    service_type: operation.service_type,
    resource_type: operation.resource_type,
    resource_name: `team-${String(resource % 20)}/app-${String(resource)}`,
    resource_id: `${String(domain)}-${String(resource)}`.padStart(32, '0'),
    domain_id: domainId(domain),
    project_id: projectId(domain, project),
    enterprise_project_id: random() < 0.9 ? '0' : `ep-${String(domain)}`,
    tracker_name: 'system',
    user: userOf(domain, skewed(random, shape.usersPerDomain), random() < 0.2),
    source_ip: address,
    request: requestOf(operation, resource, index),
    response: '',
    code: rating === 'normal' ? '200' : '500',
    api_version: 'v2',
    time: recordTime - 3,
    record_time: recordTime,
    request_id: index.toString(16).padStart(32, '0'),
    read_only: /^(get|list|show|download)/.test(operation.trace_name),
    operation_id: operation.trace_name,
  };
}

function operationOf(random: () => number): Operation {
  const share = random();
  const among = share < BUSY_SHARE ? busy : share < REGISTRY_SHARE ? registry : account;
  const place = share < BUSY_SHARE ? skewed(random, among.length) : Math.floor(random() * among.length);
  const found = among[place];
  if (found === undefined) throw new Error('the catalogue lists no operations');
  return found;
}

function ratingOf(chance: number): string {
  return chance < 0.97 ? 'normal' : chance < 0.995 ? 'warning' : 'incident';
}

function userOf(domain: number, user: number, withKey: boolean): Record<string, unknown> {
  const name = `user-${String(user)}`;
  return {
    id: `${String(domain)}-${name}`,
    name,
    user_name: name,
    domain: { id: domainId(domain), name: `synthetic-${String(domain)}` },
    type: 'User',
    principal_is_root_user: 'false',
    ...(withKey ? { access_key_id: `AK${name}` } : {}),
  };
}

/** Of the enterprise edition the instance is told as well. */
function requestOf({ edition }: Operation, resource: number, index: number): string {
  return JSON.stringify({
    ...(edition === 'enterprise' && { instance_id: `instance-${String(resource % 3)}` }),
    repository: `app-${String(resource)}`,
    tag: `v${String(index)}`,
    note: PADDING,
  });
}

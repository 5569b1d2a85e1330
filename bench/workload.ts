/** Synthetic traces for measurements: a container registry's operations, skewed as tenants are. Marked as synthetic in their ids. */
import { DAY_MS } from '../src/kernel/clock.js';
import { uuidV1 } from '../src/kernel/ids.js';

export interface WorkloadShape {
  readonly traces: number;
  readonly domains: number;
  readonly projectsPerDomain: number;
  readonly usersPerDomain: number;
  readonly resourcesPerDomain: number;
  /** Epoch ms of the newest trace; the others lie evenly before it. */
  readonly endAt: number;
  readonly spanMs: number;
}

/** What ingest is measured with: as many tenants as make no two batches alike. */
export function ingestShape(traces: number): WorkloadShape {
  return {
    traces,
    domains: 200,
    projectsPerDomain: 5,
    usersPerDomain: 50,
    resourcesPerDomain: 500,
    endAt: Date.now(),
    spanMs: 2 * DAY_MS,
  };
}

const OPERATIONS = [
  ['images', 'postMultipartImagePackage', false],
  ['manifest', 'uploadManifest', false],
  ['blob', 'createBlob', false],
  ['blob', 'updateImageLayer', false],
  ['imagerepository', 'showImageRepository', true],
  ['imagerepository', 'createImageRepository', false],
  ['imagetag', 'createImageTag', false],
  ['imagetag', 'listImageTags', true],
  ['usernamespace', 'createUserNamespace', false],
  ['dockerlogincmd', 'createDockerConfig', false],
] as const;
const NODE = '8000515359534e54';
/** Fills the request to about 1.2 KB of JSON an event, the size of the real ones. */
const PADDING = 'a'.repeat(330);

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

export const domainId = (index: number): string => index.toString(16).padStart(32, 'd');
export const projectId = (domain: number, index: number): string =>
  `${domain.toString(16).padStart(4, '0')}${index.toString(16).padStart(28, 'e')}`;

/** The events as JSON text, oldest first; the same seed gives the same events. */
export function* workload(shape: WorkloadShape, seed = 1): Generator<string> {
  const random = randomFrom(seed);
  for (let index = 0; index < shape.traces; index++) yield JSON.stringify(eventOf(shape, index, random));
}

function eventOf(shape: WorkloadShape, index: number, random: () => number): Record<string, unknown> {
  const domain = skewed(random, shape.domains);
  const project = skewed(random, shape.projectsPerDomain);
  const user = `user-${String(Math.floor(random() * shape.usersPerDomain))}`;
  const resource = Math.floor(random() * shape.resourcesPerDomain);
  const [resourceType, traceName, readOnly] = OPERATIONS[skewed(random, OPERATIONS.length)] ?? OPERATIONS[0];
  const recordTime = Math.floor(shape.endAt - shape.spanMs + (shape.spanMs * index) / shape.traces);
  const chance = random();
  const rating = chance < 0.97 ? 'normal' : chance < 0.995 ? 'warning' : 'incident';
  return {
    trace_id: uuidV1(recordTime, index % 10_000, NODE),
    trace_name: traceName,
    trace_rating: rating,
    trace_type: random() < 0.3 ? 'ConsoleAction' : 'ApiCall',
    event_type: 'system',
    service_type: random() < 0.9 ? 'SWR' : 'IAM',
    resource_type: resourceType,
    resource_name: `team-${String(resource % 20)}/app-${String(resource)}`,
    resource_id: `${String(domain)}-${String(resource)}`.padStart(32, '0'),
    domain_id: domainId(domain),
    project_id: projectId(domain, project),
    enterprise_project_id: random() < 0.9 ? '0' : `ep-${String(domain)}`,
    tracker_name: 'system',
    user: {
      id: `${String(domain)}-${user}`,
      name: user,
      user_name: user,
      domain: { id: domainId(domain), name: `synthetic-${String(domain)}` },
      type: 'User',
      principal_is_root_user: 'false',
      ...(random() < 0.2 ? { access_key_id: `AK${user}` } : {}),
    },
    source_ip: `10.0.${String(domain % 256)}.${String(resource % 256)}`,
    request: JSON.stringify({ repository: `app-${String(resource)}`, tag: `v${String(index)}`, note: PADDING }),
    response: '',
    code: rating === 'normal' ? '200' : '500',
    api_version: 'v2',
    time: recordTime - 3,
    record_time: recordTime,
    request_id: index.toString(16).padStart(32, '0'),
    read_only: readOnly,
    operation_id: traceName,
  };
}

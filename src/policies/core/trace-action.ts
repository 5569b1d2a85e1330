/** What was done, in the words of policies: the action and the resource of a trace, where they are known. Never guessed. */
import { decodeRepositoryName } from '../../kernel/repository-name.js';
import { formatUrn } from '../../kernel/urn.js';
import { foldCase } from './letter-case.js';
import { memberOf, parsedJson } from './untrusted-json.js';
import { MAPPED_OPERATIONS, MAPPED_SERVICES, type MappedOperation } from './wire-trace-actions.js';

/** What of a trace names the operation and what it was done to. */
export interface ReportedOperation {
  readonly domainId: string;
  readonly serviceType: string;
  readonly resourceType: string;
  readonly traceName: string;
  readonly resourceName: string | null;
  /** As the sender wrote it: JSON text, or anything else. */
  readonly request: string | null;
}

const BY_NAME: ReadonlyMap<string, MappedOperation> = new Map(
  MAPPED_OPERATIONS.flatMap((mapped) =>
    [mapped.traceName, ...mapped.aliases].map(
      (name) => [keyOf(mapped.serviceType, mapped.resourceType, name), mapped] as const,
    ),
  ),
);
/** Spares folding and putting together three names for nearly every trace. */
const BY_EXACT_NAME: ReadonlyMap<string, readonly MappedOperation[]> = new Map(
  MAPPED_OPERATIONS.map(({ traceName }) => [
    traceName,
    MAPPED_OPERATIONS.filter((mapped) => mapped.traceName === traceName),
  ]),
);
const SERVICES = new Set([...MAPPED_SERVICES, ...MAPPED_SERVICES.map(foldCase)]);

/** The longest `request` that is read for the name of an instance. */
const MOST_REQUEST = 16_384;

/** Names match in any case of letters, as senders spell services in either. */
export function mappedOperation({ serviceType, resourceType, traceName }: ReportedOperation): MappedOperation | null {
  for (const mapped of BY_EXACT_NAME.get(traceName) ?? [])
    if (mapped.resourceType === resourceType && mapped.serviceType === serviceType) return mapped;
  return isMappedService(serviceType) ? (BY_NAME.get(keyOf(serviceType, resourceType, traceName)) ?? null) : null;
}

/** Whether operations of the service are mapped at all, so that one without an action is worth telling. */
export function isMappedService(serviceType: string): boolean {
  return SERVICES.has(serviceType) || SERVICES.has(foldCase(serviceType));
}

/**
 * @param region of the trace's project; null where it is not known, or the operation is the domain's
 * @returns URN; null where the action has no resource; undefined where the trace does not say what it was done to
 */
export function traceResource(
  mapped: MappedOperation,
  trace: ReportedOperation,
  region: string | null,
): string | null | undefined {
  if (mapped.path === 'none') return null;
  const path = pathOf(mapped, trace);
  if (path === null) return undefined;
  const { actionService: service, actionType: resourceType } = mapped;
  return formatUrn({ service, region: region ?? '*', domainId: trace.domainId, resourceType, path });
}

function pathOf({ path }: MappedOperation, { resourceName, request }: ReportedOperation): string | null {
  if (path === 'any') return '*';
  const name = resourceName === null ? '' : decodeRepositoryName(resourceName);
  if (name === '') return null;
  if (path === 'instance') return name;
  if (path === 'organization') return beforeFirst(name, '/');
  const plain = beforeFirst(beforeFirst(name, '@'), ':');
  if (path === 'repository') return plain.indexOf('/') > 0 ? plain : null;
  const instance = instanceOf(request);
  return instance === null ? null : `${instance}/${plain}`;
}

function beforeFirst(text: string, mark: string): string {
  const at = text.indexOf(mark);
  return at < 0 ? text : text.slice(0, at);
}

function instanceOf(request: string | null): string | null {
  if (request === null || request.length > MOST_REQUEST || !request.includes('"instance_id"')) return null;
  const id = memberOf(parsedJson(request), 'instance_id');
  return typeof id === 'string' && id !== '' ? id : null;
}

function keyOf(serviceType: string, resourceType: string, traceName: string): string {
  return foldCase(`${serviceType}\n${resourceType}\n${traceName}`);
}

/** What was done, in the words of policies: the action and the resource of a trace, or null where that is not known. Never guessed. */
import { decodeRepositoryName } from '../../kernel/repository-name.js';
import { formatUrn } from '../../kernel/urn.js';
import { splitAction } from './action-pattern.js';
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

export interface TraceAction {
  readonly action: string;
  /** URN; null where the action has no resource. */
  readonly resource: string | null;
  readonly self: boolean;
}

const BY_NAME: ReadonlyMap<string, MappedOperation> = new Map(
  MAPPED_OPERATIONS.flatMap((mapped) =>
    [mapped.traceName, ...mapped.aliases].map(
      (name) => [keyOf(mapped.serviceType, mapped.resourceType, name), mapped] as const,
    ),
  ),
);
const SERVICES = new Set(MAPPED_SERVICES.map(foldCase));

/** The longest `request` that is read for the name of an instance. */
const MOST_REQUEST = 16_384;

/** Names match in any case of letters, as senders spell services in either. */
export function mappedOperation(operation: ReportedOperation): MappedOperation | null {
  return BY_NAME.get(keyOf(operation.serviceType, operation.resourceType, operation.traceName)) ?? null;
}

/** Condition keys that a trace tells (folded), or that follow from who did it. */
export const TOLD_KEYS: ReadonlySet<string> = new Set(
  [
    'g:CurrentTime',
    'g:SourceIp',
    'g:ProjectName',
    'g:ServiceName',
    'g:UserId',
    'g:UserName',
    'g:DomainId',
    'g:DomainName',
    'g:PrincipalAccount',
    'g:PrincipalUrn',
  ].map(foldCase),
);

/** Whether operations of the service are mapped at all, so that one without an action is worth telling. */
export function isMappedService(serviceType: string): boolean {
  return SERVICES.has(foldCase(serviceType));
}

/**
 * @param region of the trace's project; null where it is not known, or the operation is the domain's
 * @returns null where the trace does not say what it was done to
 */
export function traceAction(
  mapped: MappedOperation,
  trace: ReportedOperation,
  region: string | null,
): TraceAction | null {
  const { action, self } = mapped;
  if (mapped.path === 'none') return { action, resource: null, self };
  const [service, resourceType] = splitAction(action) ?? ['', ''];
  const path = pathOf(mapped, trace);
  if (path === null) return null;
  const resource = formatUrn({ service, region: region ?? '*', domainId: trace.domainId, resourceType, path });
  return { action, resource, self };
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

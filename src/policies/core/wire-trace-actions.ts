/** The reviewed mapping of reported operations to actions, as it is kept (data/trace-actions.json). */
import file from '../data/trace-actions.json' with { type: 'json' };
import { findAction } from './action-catalogue.js';
import { splitAction } from './action-pattern.js';

/** What the path of the resource is made of; the file's note says of which fields. */
export type PathSource = 'organization' | 'repository' | 'instance' | 'instance_member' | 'any' | 'none';

export interface MappedOperation {
  readonly serviceType: string;
  readonly resourceType: string;
  readonly traceName: string;
  /** Other spellings, and names of other editions. */
  readonly aliases: readonly string[];
  readonly action: string;
  /** Service and resource type of the action, as its resource names them. */
  readonly actionService: string;
  readonly actionType: string;
  /** Of the action: what is the operator's no tenant is ever allowed. */
  readonly plane: 'tenant' | 'operator';
  readonly path: PathSource;
  readonly basis: 'documented' | 'inferred' | 'own';
  /** Everybody may for what is its own: no policy has to allow it. */
  readonly self: boolean;
  /** Whether the policies of the trace's project decide, or those of the domain. */
  readonly scope: 'project' | 'domain';
}

export interface UnmappedOperations {
  readonly serviceType: string;
  readonly resourceType: string;
  readonly traceNames: readonly string[];
  readonly reason: string;
}

interface FileOperation {
  readonly service_type: 'SWR' | 'CTS' | 'IAM' | 'QUOTA' | 'OSM';
  readonly resource_type: string;
  readonly trace_name: string;
  readonly aliases?: readonly string[];
  readonly action: string;
  readonly path: PathSource;
  readonly basis: MappedOperation['basis'];
  readonly self?: boolean;
}

export const MAPPED_SERVICES: readonly string[] = Object.keys(file.scopes);

export const MAPPED_OPERATIONS: readonly MappedOperation[] = (file.operations as readonly FileOperation[]).map(
  (item) => {
    const [actionService, actionType] = splitAction(item.action) ?? ['', ''];
    return {
      serviceType: item.service_type,
      resourceType: item.resource_type,
      traceName: item.trace_name,
      aliases: item.aliases ?? [],
      action: item.action,
      actionService,
      actionType,
      plane: findAction(item.action)?.plane ?? 'tenant',
      path: item.path,
      basis: item.basis,
      self: item.self ?? false,
      scope: file.scopes[item.service_type] === 'project' ? 'project' : 'domain',
    };
  },
);

export const UNMAPPED_OPERATIONS: readonly UnmappedOperations[] = file.unmapped.map((item) => ({
  serviceType: item.service_type,
  resourceType: item.resource_type,
  traceNames: item.trace_names,
  reason: item.reason,
}));

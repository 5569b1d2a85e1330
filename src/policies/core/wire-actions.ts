/** The catalogues as they are kept: the cloud's actions (domain/iam.md §2) and our own, made one list. */
import cloud from '../data/iam-actions.json' with { type: 'json' };
import own from '../data/own-actions.json' with { type: 'json' };

export type AccessLevel = 'List' | 'Read' | 'Write' | 'Permission_management';

export interface CatalogueAction {
  /** `service:resourceType:operation`. */
  readonly action: string;
  readonly service: string;
  /** The name under which 1.1 policies know it, where that is another. */
  readonly alias: string | null;
  /** An operator action can be allowed only to principals of the operator domain. */
  readonly plane: 'tenant' | 'operator';
  /** Null where no document says. */
  readonly accessLevel: AccessLevel | null;
  readonly resourceTypes: readonly string[];
  /** Whether the action is always done on a resource of these types. */
  readonly resourceRequired: boolean;
  /** Service keys and `g:ResourceTag/<tag-key>`, as printed. */
  readonly conditionKeys: readonly string[];
  readonly description: string | null;
}

interface CloudAction {
  readonly action: string;
  readonly service: string;
  readonly access_level: string | null;
  readonly resource_types: readonly string[] | null;
  readonly resource_required?: boolean | null;
  readonly condition_keys: readonly string[] | null;
  readonly alias_v11?: string;
}

interface OwnAction {
  readonly action: string;
  readonly plane: string;
  readonly access_level: string;
  readonly resource_types: readonly string[];
  readonly description: string;
}

const LEVELS: readonly AccessLevel[] = ['List', 'Read', 'Write', 'Permission_management'];
const levelOf = (text: string | null): AccessLevel | null => LEVELS.find((level) => level === text) ?? null;

function fromCloud(item: CloudAction): CatalogueAction {
  return {
    action: item.action,
    service: item.service,
    alias: item.alias_v11 ?? null,
    plane: 'tenant',
    accessLevel: levelOf(item.access_level),
    resourceTypes: item.resource_types ?? [],
    resourceRequired: item.resource_required ?? false,
    conditionKeys: item.condition_keys ?? [],
    description: null,
  };
}

function fromOwn(item: OwnAction): CatalogueAction {
  return {
    action: item.action,
    service: item.action.slice(0, item.action.indexOf(':')),
    alias: null,
    plane: item.plane === 'operator' ? 'operator' : 'tenant',
    accessLevel: levelOf(item.access_level),
    resourceTypes: item.resource_types,
    resourceRequired: true,
    conditionKeys: [],
    description: item.description,
  };
}

/** In the order of the files, the cloud's first. */
export const CATALOGUE_ACTIONS: readonly CatalogueAction[] = [
  ...(cloud.actions as readonly CloudAction[]).map(fromCloud),
  ...own.actions.map(fromOwn),
];

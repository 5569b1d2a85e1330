/** The actions that are known: what a policy may name, and what each asks for. */
import { type ActionPattern, matchesAction, splitAction } from './action-pattern.js';
import { foldCase } from './letter-case.js';
import { CATALOGUE_ACTIONS, type CatalogueAction } from './wire-actions.js';

export type { AccessLevel, CatalogueAction } from './wire-actions.js';

const BY_NAME = new Map(CATALOGUE_ACTIONS.map((entry) => [foldCase(entry.action), entry] as const));
const SERVICES = new Set(CATALOGUE_ACTIONS.map(({ service }) => foldCase(service)));
const NAMED = CATALOGUE_ACTIONS.flatMap((entry) => {
  const names = entry.alias === null ? [entry.action] : [entry.action, entry.alias];
  return names.flatMap((name) => {
    const parts = splitAction(name);
    return parts === null ? [] : [{ entry, parts }];
  });
});

export function allActions(): readonly CatalogueAction[] {
  return CATALOGUE_ACTIONS;
}

/** In any case of letters; null for an unknown name. */
export function findAction(action: string): CatalogueAction | null {
  return BY_NAME.get(foldCase(action)) ?? null;
}

/** Of services that are not known, nothing can be said of their actions. */
export function isKnownService(service: string): boolean {
  return SERVICES.has(foldCase(service));
}

/** The known actions that a pattern names, by their own name or by their 1.1 name. */
export function actionsMatching(pattern: ActionPattern): CatalogueAction[] {
  return [...new Set(NAMED.filter(({ parts }) => matchesAction(pattern, parts)).map(({ entry }) => entry))];
}

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { REQUIREMENT, type Requirement } from '../../platform/http/requires.js';
import { actionsMatching, allActions, findAction, isKnownService } from './action-catalogue.js';
import { parseActionPattern } from './action-pattern.js';
import { grantNeeded } from './swr-grants.js';

const SOURCES = join(__dirname, '..', '..');

/** What the routes of this service ask for, as their decorators left it. */
async function requiredActions(): Promise<Requirement[]> {
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' });
  const controllers = files.filter((name) => name.endsWith('.controller.ts'));
  const modules = await Promise.all(controllers.map((name) => import(join(SOURCES, name)) as Promise<object>));
  const classes = modules.flatMap((module) => Object.values(module) as unknown[]).filter(isClass);
  return classes.flatMap((controller) => {
    const members = Object.values(Object.getOwnPropertyDescriptors(controller.prototype)).map(
      ({ value }) => value as unknown,
    );
    return [controller, ...members].flatMap((target) => {
      const found: unknown = typeof target === 'function' ? Reflect.getMetadata(REQUIREMENT, target) : undefined;
      return found === undefined ? [] : [found as Requirement];
    });
  });
}

function isClass(value: unknown): value is { readonly prototype: object } {
  return typeof value === 'function' && typeof value.prototype === 'object';
}

describe('the catalogue', () => {
  it('lists every action that a route requires, on its plane', async () => {
    const required = await requiredActions();
    expect(required.length).toBeGreaterThan(60);
    // Routes for what is one's own let tenants in whatever the action's plane: their handlers ask about it themselves, once
    // they have told a caller what it may not do to its own.
    const isRight = ({ action, plane, self }: Requirement): boolean => {
      const listed = findAction(action)?.plane;
      return listed === plane || (self && plane === 'tenant' && listed === 'operator');
    };
    const wrong = required.filter((requirement) => !isRight(requirement));
    expect([...new Set(wrong.map(({ action, plane }) => `${plane} ${action}`))]).toEqual([]);
  });

  it('names no action twice, each of the form service:resourceType:operation', () => {
    const names = allActions().map(({ action }) => action.toLowerCase());
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    expect(names.filter((name) => parseActionPattern(name, '5.0') === null)).toEqual([]);
  });

  it('says of our own actions what a reader needs', () => {
    const own = allActions().filter(({ description }) => description !== null);
    expect(own.length).toBeGreaterThan(10);
    expect(own.filter(({ accessLevel, resourceTypes }) => accessLevel === null || resourceTypes.length === 0)).toEqual(
      [],
    );
  });

  it('holds operator actions only of this service itself', () => {
    const services = allActions().filter(({ plane }) => plane === 'operator').map(({ service }) => service); // prettier-ignore
    expect(services).not.toContain('swr');
    expect(services).toContain('ingest');
  });

  it('is asked by name in any case, and by pattern', () => {
    expect(findAction('SWR:repo:DELETErepo')).toMatchObject({ action: 'swr:repo:deleteRepo', accessLevel: 'Write' });
    expect(findAction('swr:repo:nothing')).toBeNull();
    expect(isKnownService('Swr') && !isKnownService('obs')).toBe(true);
    const pattern = parseActionPattern('cts:*:*list', '5.0');
    const names = pattern && actionsMatching(pattern).map(({ action }) => action);
    expect(names).toEqual(expect.arrayContaining(['cts:trace:list', 'cts:tracker:list', 'cts:quota:list']));
  });

  it('says of every repository action whether grants give it, and names none that does not exist', () => {
    const given = allActions().filter(({ action }) => grantNeeded(action) !== null).map(({ action }) => action); // prettier-ignore
    expect(given).toContain('swr:repo:download');
    expect(given.every((action) => action.startsWith('swr:repo:') || action.startsWith('swr:namespace:'))).toBe(true);
  });
});

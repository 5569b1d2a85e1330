import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { actionsMatching, allActions, findAction, isKnownService } from './action-catalogue.js';
import { parseActionPattern } from './action-pattern.js';
import { grantNeeded } from './swr-grants.js';

const SOURCES = join(__dirname, '..', '..');
const GUARDED = /@Requires\(\s*'([^']+)',\s*\{[^}]*plane: '(tenant|operator)'/g;

/** What the routes of this service ask for. */
function requiredActions(): { action: string; plane: string }[] {
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.controller.ts'));
  return files.flatMap((name) => {
    const text = readFileSync(join(SOURCES, name), 'utf8');
    const found = [...text.matchAll(GUARDED)].map(([, action = '', plane = '']) => ({ action, plane }));
    expect(found).toHaveLength(text.split('@Requires(').length - 1);
    return found;
  });
} // prettier-ignore

describe('the catalogue', () => {
  it('lists every action that a route requires, on its plane', () => {
    const required = requiredActions();
    expect(required.length).toBeGreaterThan(10);
    const wrong = required.filter(({ action, plane }) => findAction(action)?.plane !== plane);
    expect(wrong).toEqual([]);
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

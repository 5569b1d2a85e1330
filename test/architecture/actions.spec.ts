import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findAction } from '../../src/policies/core/action-catalogue.js';

interface Operation {
  readonly 'x-action'?: string;
}

it('guards every endpoint by an action that the catalogue lists', () => {
  const text = readFileSync(join(__dirname, '..', '..', 'openapi.json'), 'utf8');
  const { paths } = JSON.parse(text) as { paths: Record<string, Record<string, Operation>> };
  const named = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, operation]) => {
      const action = operation['x-action'];
      return action === undefined ? [] : [{ route: `${method} ${path}`, action }];
    }),
  );
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter(({ action }) => findAction(action) === null)).toEqual([]);
});

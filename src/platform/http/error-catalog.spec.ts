import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeFor, type CommonFault, familyOf } from './api-family.js';
import { isKnownCode, statusOf, titleOf } from './error-catalog.js';

const SOURCE = join(__dirname, '..', '..');
/** The first argument, where it is a literal; the others come from `codeFor`. */
const THROWN = /new\s+AppError\(\s*(['"`])([^'"`]+)\1/g;

function codesIn(text: string): string[] {
  return [...text.matchAll(THROWN)].map(([, , code]) => code ?? '');
}

describe('the error catalogue', () => {
  const thrown = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.spec.ts'))
    .flatMap((path) => codesIn(readFileSync(join(SOURCE, path), 'utf8')).map((code) => ({ path, code })));

  it('finds what is thrown, over lines as well', () => {
    expect(codesIn("throw new AppError('A.1', 'x'); new AppError(\n  'B.2',\n 'y')")).toEqual(['A.1', 'B.2']);
    expect(thrown.length).toBeGreaterThan(10);
  });

  it('holds every code that is thrown anywhere', () => {
    expect(thrown.filter(({ code }) => !isKnownCode(code))).toEqual([]);
  });

  it('holds every code of a family', () => {
    const faults: CommonFault[] = ['badBody', 'badQuery', 'forbidden', 'internalRead', 'internalWrite'];
    for (const fault of faults)
      for (const family of ['iam', 'iam5', 'cts', 'osm', 'swr', 'native'] as const)
        expect(isKnownCode(codeFor(fault, family))).toBe(true);
  });

  it.each([
    ['APIGW.0101', 404, 'Not Found'],
    ['APIGW.0301', 401, 'Unauthorized'],
    ['CTS.0300', 400, 'Bad Request'],
    ['CTS.0013', 403, 'Forbidden'],
    ['OSM.01010015', 404, 'Not Found'],
    ['QST.Timeout', 503, 'Service Unavailable'],
    ['no.such', 500, 'Internal Server Error'],
    ['constructor', 500, 'Internal Server Error'],
  ])('%s is %i', (code, status, title) => {
    expect(statusOf(code)).toBe(status);
    expect(titleOf(code)).toBe(title);
  });
});

describe('familyOf', () => {
  it.each([
    ['/v3/auth/tokens', 'iam'],
    ['/v3/auth/tokens?nocatalog=1', 'iam'],
    ['/v3.0/OS-ROLE/roles', 'iam'],
    ['/v3/OS-INHERIT/domains', 'iam'],
    ['/v3/users', 'iam'],
    ['/v5/policies', 'iam5'],
    ['/v3/0ee2f0dd66c79d333b6350c0fe35d09f/traces?x=/v3/auth', 'cts'],
    ['/v2/manage/projects/p/quotas', 'swr'],
    ['/v2/servicerequest/cases', 'osm'],
    ['/v2/servicerequests', 'swr'],
    ['/v1/domains', 'native'],
    ['/', 'native'],
    ['', 'native'],
  ])('%s is %s', (path, family) => {
    expect(familyOf(path)).toBe(family);
  });
});

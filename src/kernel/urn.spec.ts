import fc from 'fast-check';
import { formatUrn, parseUrn } from './urn.js';

describe('URNs', () => {
  it.each([
    [
      'swr:cn-north-4:d1:repo:dev/app',
      { service: 'swr', region: 'cn-north-4', domainId: 'd1', resourceType: 'repo', path: 'dev/app' },
    ],
    ['cts:*:*:tracker:system', { service: 'cts', region: '*', domainId: '*', resourceType: 'tracker', path: 'system' }],
    ['iam::d1:user:a:b', { service: 'iam', region: '', domainId: 'd1', resourceType: 'user', path: 'a:b' }],
    ['quota:::limit:', { service: 'quota', region: '', domainId: '', resourceType: 'limit', path: '' }],
  ])('%s', (text, urn) => {
    expect(parseUrn(text)).toEqual(urn);
  });

  it.each([[''], ['*'], ['swr'], ['swr:r:d:repo'], [':r:d:repo:p'], ['swr:r:d::p']])('%j is none', (text) => {
    expect(parseUrn(text)).toBeNull();
  });

  it('come back from their text', () => {
    const part = fc.stringMatching(/^[a-z0-9*-]{1,8}$/);
    const urn = fc.record({ service: part, region: part, domainId: part, resourceType: part, path: fc.string() });
    fc.assert(fc.property(urn, (value) => expect(parseUrn(formatUrn(value))).toEqual(value)));
  });
});

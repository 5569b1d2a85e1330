import { dockerLogin, parseRegistryUsername, registryAddress, registryUsername } from './registry-login.js';

describe('names of registry logins', () => {
  it.each([
    ['cn-north-4@AK1', { project: 'cn-north-4', credential: 'AK1' }],
    ['a@b@AK_1-x', { project: 'a@b', credential: 'AK_1-x' }],
    ['@AK1', null],
    ['AK1', null],
    ['cn-north-4@', null],
    ['cn-north-4@A K', null],
    ['a\0@AK1', null],
    [`a@${'x'.repeat(65)}`, null],
  ])('reads %j', (name, read) => {
    expect(parseRegistryUsername(name)).toEqual(read);
  });

  it('names the project by its id where its name would break a command', () => {
    expect(registryUsername({ id: 'p1', name: 'cn-north-4' }, 'AK1')).toBe('cn-north-4@AK1');
    expect(registryUsername({ id: 'p1', name: 'my project; rm' }, 'AK1')).toBe('p1@AK1');
  });

  it('makes the command, for a host in any region', () => {
    const registry = registryAddress('swr.{region}.example:5000', 'Moon Süd');
    expect(registry).toBe('swr.Moon-S-d.example:5000');
    expect(dockerLogin('p@A', 'secret', registry)).toBe('docker login -u p@A -p secret swr.Moon-S-d.example:5000');
  });
});

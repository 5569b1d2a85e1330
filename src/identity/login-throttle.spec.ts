import { subjectOfAddress, subjectOfUnknown } from './login-throttle.store.js';

it.each([
  ['192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002::1', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['2001:db8:1:2:3:4:5::', '2001:db8:1:2::/64'],
])('failures from %s count for %s', (address, network) => {
  expect(subjectOfAddress(address)).toBe(`address:${network}`);
});

it('names that nobody has are kept apart, and not as they were typed', () => {
  const subjects = [
    ['id', 'x'],
    ['domain', 'd', 'x'],
    ['domain', 'dx', ''],
    ['name', undefined, 'd', 'x'],
  ].map(subjectOfUnknown);
  expect(new Set(subjects).size).toBe(4);
  for (const subject of subjects) expect(subject).toMatch(/^name:[0-9a-f]{64}$/);
});

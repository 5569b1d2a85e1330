import { AddressPolicy, isNetwork } from './address-policy.js';

describe('addresses that may be called at somebody else’s word', () => {
  const policy = new AddressPolicy([]);

  it.each(['1.1.1.1', '93.184.216.34', '172.15.255.255', '172.32.0.0', '2606:4700::1111', '2a00:1450:4001::1'])(
    '%s is public',
    (address) => {
      expect(policy.admits(address)).toBe(true);
    },
  );

  it.each([
    ['this network', '0.0.0.0'],
    ['loopback', '127.0.0.1'],
    ['loopback, not the usual one', '127.8.9.10'],
    ['private', '10.0.0.1'],
    ['private', '172.16.0.1'],
    ['private', '192.168.1.1'],
    ['carrier-grade NAT, with a metadata service', '100.100.100.200'],
    ['link-local, with the metadata services', '169.254.169.254'],
    ['a metadata service at a public address', '168.63.129.16'],
    ['a metadata service among protocol assignments', '192.0.0.192'],
    ['documentation', '203.0.113.9'],
    ['benchmarks', '198.19.0.1'],
    ['multicast', '224.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['unspecified', '::'],
    ['loopback', '::1'],
    ['loopback, mapped', '::ffff:127.0.0.1'],
    ['loopback, mapped, in hex', '::ffff:7f00:1'],
    ['a public IPv4 address in another notation', '::ffff:1.1.1.1'],
    ['IPv4-compatible', '::10.0.0.1'],
    ['NAT64', '64:ff9b::a00:1'],
    ['6to4', '2002:a00:1::1'],
    ['Teredo', '2001:0:1234::1'],
    ['documentation', '2001:db8::1'],
    ['unique local, with a metadata service', 'fd00:ec2::254'],
    ['link-local', 'fe80::1'],
    ['link-local with a zone', 'fe80::1%eth0'],
    ['site-local', 'fec0::1'],
    ['multicast', 'ff02::1'],
    ['a name', 'localhost'],
    ['nothing', ''],
    ['an IPv4 address in short', '127.1'],
  ])('of %s: %s is not', (_, address) => {
    expect(policy.admits(address)).toBe(false);
  });

  it('are also those that the operator allows, and no others of their kind', () => {
    const open = new AddressPolicy(['10.1.0.0/16', 'fd00:1::/32']);
    expect(['10.1.2.3', 'fd00:1::5'].map((address) => open.admits(address))).toEqual([true, true]);
    expect(['10.2.0.1', 'fd00:2::5', '127.0.0.1'].map((address) => open.admits(address))).toEqual([
      false,
      false,
      false,
    ]);
  });

  it.each(['10.0.0.0/8', '::1/128', '1.2.3.4/32'])('%s is a network', (text) => {
    expect(isNetwork(text)).toBe(true);
  });
  it.each(['10.0.0.0', '10.0.0.0/33', '::1/129', 'a/8', '10.0.0.0/8/8', '10.0.0.0/', '/8'])('%s is none', (text) => {
    expect(isNetwork(text)).toBe(false);
  });
});

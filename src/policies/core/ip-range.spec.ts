import { BlockList, isIP } from 'node:net';
import fc from 'fast-check';
import { contains, parseAddress, parseRange } from './ip-range.js';

const v6 = fc.oneof(
  fc.ipV6(),
  fc.constantFrom('::', '::1', '1::', '1:2:3:4:5:6:7::', '::ffff:1.2.3.4', '1::1.2.3.4', 'FE80::a'),
);

describe('addresses and ranges', () => {
  it('are told from other text as node:net does', () => {
    const odd = fc.array(fc.constantFrom('1', '255', '256', '01', '.', ':', '::', 'f', 'g', '%', '0')).map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), v6, odd), (text) => {
        expect(parseAddress(text, new Uint16Array(8)) !== 0).toBe(isIP(text) !== 0 && !text.includes('%'));
      }),
      { numRuns: 3_000 },
    );
  });

  it('contain what a BlockList contains', () => {
    const pairs = fc.oneof(
      fc.tuple(fc.ipV4(), fc.ipV4(), fc.integer({ min: 0, max: 32 })),
      fc.tuple(v6, v6, fc.integer({ min: 0, max: 128 })),
    );
    fc.assert(
      fc.property(pairs, fc.boolean(), ([network, other, bits], same) => {
        // An IPv4 address in IPv6 notation is an IPv4 range here, and its prefix would be one of IPv6.
        fc.pre(!/^::ffff:.*\./i.test(network) && !/^(0*:)*:?0*:?ffff:/i.test(network));
        const address = same ? network : other;
        const list = new BlockList();
        list.addSubnet(network, bits, isIP(network) === 4 ? 'ipv4' : 'ipv6');
        const range = parseRange(`${network}/${bits}`);
        const words = new Uint16Array(8);
        const family = parseAddress(address, words);
        if (range === null || family === 0) throw new Error(`${network}/${bits} ${address}`);
        fc.pre(isIP(address) === family);
        expect(contains(range, family, words)).toBe(list.check(address, family === 4 ? 'ipv4' : 'ipv6'));
      }),
      { numRuns: 2_000 },
    );
  });

  it.each(['10.0.0.0/33', '::/129', '10.0.0.0/', '10.0.0.0/-1', '/8', '10.0.0/8', '1::2::3', ':1', '1:', 'fe80::1%eth0', '1.2.3.04'])(
    'refuse %s',
    (text) => {
      expect(parseRange(text)).toBeNull();
    },
  );
}); // prettier-ignore

/** Which addresses may be called at somebody else's word: public ones, and those that the operator allows besides. */
import { BlockList, isIP, isIPv6 } from 'node:net';

/**
 * Of IPv4 what is not for everybody (IANA special-purpose registry, RFC 6890), among it loopback, link-local with the metadata
 * services of clouds, and private networks. Two metadata services stand in it by their own address.
 */
const CLOSED_IPV4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '168.63.129.16/32',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];

/** Global unicast: outside of it are loopback, link-local, unique local, multicast, and IPv4 in other notations. */
const OPEN_IPV6 = ['2000::/3'];
/** Within it: protocol assignments with Teredo, documentation, and 6to4, which carries an IPv4 address. */
const CLOSED_IPV6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

export class AddressPolicy {
  private readonly closed = networks([...CLOSED_IPV4, ...CLOSED_IPV6]);
  private readonly open = networks(OPEN_IPV6);
  private readonly allowed: BlockList;

  /** @param allowed networks in CIDR notation, see {@link isNetwork} */
  constructor(allowed: readonly string[]) {
    this.allowed = networks(allowed);
  }

  /** False for anything but an address. */
  admits(address: string): boolean {
    const plain = withoutZone(address);
    const version = isIP(plain);
    if (version === 0) return false;
    const family = version === 6 ? 'ipv6' : 'ipv4';
    if (this.allowed.check(plain, family)) return true;
    return !this.closed.check(plain, family) && (family === 'ipv4' || this.open.check(plain, family));
  }
}

/** Whether the text is a network in CIDR notation, e.g. `10.1.0.0/16`. */
export function isNetwork(text: string): boolean {
  const [address = '', length = '', ...more] = text.split('/');
  const longest = isIPv6(address) ? 128 : 32;
  return isIP(address) !== 0 && /^\d{1,3}$/.test(length) && Number(length) <= longest && more.length === 0;
}

function networks(list: readonly string[]): BlockList {
  const found = new BlockList();
  for (const network of list) {
    const [address = '', length = ''] = network.split('/');
    found.addSubnet(address, Number(length), isIPv6(address) ? 'ipv6' : 'ipv4');
  }
  return found;
}

function withoutZone(address: string): string {
  return address.split('%', 1)[0] ?? '';
}

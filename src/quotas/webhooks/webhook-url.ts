/** What can be said of a webhook's URL before its name is resolved; the addresses are checked at each delivery. */
import { isIP } from 'node:net';
import type { Config } from '../../platform/config/config.schema.js';
import { AddressPolicy } from '../../platform/http/address-policy.js';
import { hostOf } from '../../platform/http/outbound.js';

export const MOST_URL_LENGTH = 2_048;

/** Null where nothing speaks against it. */
export function webhookUrlFault(
  text: string,
  config: Pick<Config, 'WEBHOOK_ALLOW_HTTP' | 'WEBHOOK_ALLOWED_NETWORKS'>,
): string | null {
  if (!URL.canParse(text)) return 'must be a URL';
  const url = new URL(text);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && config.WEBHOOK_ALLOW_HTTP))
    return config.WEBHOOK_ALLOW_HTTP ? 'must be an https or http URL' : 'must be an https URL';
  if (url.username !== '' || url.password !== '') return 'must not hold credentials';
  if (url.hash !== '') return 'must not have a fragment';
  const host = hostOf(url);
  if (isIP(host) !== 0 && !new AddressPolicy(config.WEBHOOK_ALLOWED_NETWORKS).admits(host))
    return 'must not be at a private, loopback or link-local address';
  return null;
}

/** What traces tell of it: paths and queries of such URLs often are secrets. */
export function originOf(text: string): string {
  return new URL(text).origin;
}

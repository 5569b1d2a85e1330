/**
 * Sends one request to where somebody else says, and nowhere else: the name is resolved once, every address it has must be
 * admitted, and the connection is made to one of those. No redirect is followed, and little is read of the answer.
 */
import { lookup } from 'node:dns/promises';
import http from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';
import { within } from '../kafka/bounded.js';
import type { AddressPolicy } from './address-policy.js';

export interface OutboundRules {
  readonly addresses: Pick<AddressPolicy, 'admits'>;
  readonly allowHttp: boolean;
  /** For all of it: resolving, connecting, sending, and the answer. */
  readonly timeoutMs: number;
  /** Addresses of a name; default: as the system resolves it. */
  readonly resolve?: (name: string) => Promise<readonly string[]>;
}

export interface OutboundRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** It must not be sent there; its message is fit for whoever gave the URL. */
export class OutboundRefused extends Error {
  override readonly name = 'OutboundRefused';
}

const MOST_ANSWER_BYTES = 16_384;
const MOST_ADDRESSES = 4;
/** Nothing was sent yet: another address of the name may do. */
const UNREACHED = new Set(['ECONNREFUSED', 'ENETUNREACH', 'EHOSTUNREACH', 'EADDRNOTAVAIL']);

/** The status of the answer. Throws {@link OutboundRefused}, and the error of the network or of the time-out. */
export async function post(request: OutboundRequest, rules: OutboundRules, signal: AbortSignal): Promise<number> {
  const url = new URL(request.url);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && rules.allowHttp))
    throw new OutboundRefused('only https is allowed');
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(rules.timeoutMs)]);
  const addresses = await addressesOf(url, rules);
  let failure: unknown;
  for (const address of addresses.slice(0, MOST_ADDRESSES)) {
    try {
      return await send(url, address, request, bounded);
    } catch (error) {
      failure = error;
      if (!UNREACHED.has(networkCode(error))) throw error;
    }
  }
  throw failure;
}

/** `ECONNRESET` and the like; '' where it has none. */
export function networkCode(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

async function addressesOf(url: URL, rules: OutboundRules): Promise<readonly string[]> {
  const host = hostOf(url);
  const resolve = rules.resolve ?? systemAddresses;
  const addresses = isIP(host) === 0 ? await within(resolve(host), rules.timeoutMs, 'resolving the name') : [host];
  if (addresses.length === 0) throw new OutboundRefused('the name has no address');
  // Which of them is taken is chance, so one that is not admitted spoils all.
  if (!addresses.every((address) => rules.addresses.admits(address)))
    throw new OutboundRefused('it is at an address that is not allowed');
  return addresses;
}

async function systemAddresses(name: string): Promise<string[]> {
  return (await lookup(name, { all: true, order: 'ipv4first' })).map(({ address }) => address);
}

/** Host of a URL, an IPv6 address without its brackets. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

function send(url: URL, address: string, { headers, body }: OutboundRequest, signal: AbortSignal): Promise<number> {
  const host = hostOf(url);
  const options: https.RequestOptions = {
    method: 'POST',
    host: address,
    port: url.port === '' ? undefined : url.port,
    path: `${url.pathname}${url.search}`,
    headers: { ...headers, host: url.host, 'content-length': String(body.length) },
    // A connection of its own: one that is kept could have been made for another name.
    agent: false,
    signal,
    // The certificate must be of the name in the URL, whatever the address.
    ...(isIP(host) === 0 && { servername: host }),
  };
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? https : http).request(options, (response) => {
      let bytes = 0;
      const done = (): void => {
        resolve(response.statusCode ?? 0);
      };
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes <= MOST_ANSWER_BYTES) return;
        done();
        response.destroy();
      });
      response.on('end', done);
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}

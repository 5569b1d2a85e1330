/**
 * The text a signature is made over (domain/iam.md §5). Method, URL and header values are strings of bytes, one character
 * each (as Node hands them out), and so is what is built of them: it is hashed as latin1.
 */
import { compareText } from '../../kernel/compare-text.js';
import type { DerivationScope, SignatureAlgorithm } from './signature-header.js';

export interface SignedParts {
  readonly method: string;
  /** Path and query, as received; begins with `/`. */
  readonly url: string;
  /** Names and values as signed, in their order. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Hex SHA-256 of the body, or the literal that was signed instead. */
  readonly payloadHash: string;
}

/** Two where the SDKs differ: over the path decoded and encoded again, and over the path encoded as it stands on the wire. */
export function canonicalRequests({ method, url, headers, payloadHash }: SignedParts): string[] {
  const question = url.indexOf('?');
  const path = question < 0 ? url : url.slice(0, question);
  const rest = [
    question < 0 ? '' : canonicalQuery(url.slice(question + 1)),
    headers.map(([name, value]) => `${name}:${value.trim()}\n`).join(''),
    headers.map(([name]) => name).join(';'),
    payloadHash,
  ].join('\n');
  return canonicalPaths(path).map((canonical) => `${method}\n${canonical}\n${rest}`);
}

/** @param requestHash hex SHA-256 of the canonical request */
export function stringToSign(
  algorithm: SignatureAlgorithm,
  date: string,
  scope: DerivationScope | null,
  requestHash: string,
): string {
  return [algorithm, date, ...(scope ? [derivationInfo(scope)] : []), requestHash].join('\n');
}

/** The `info` of the key derivation of `V11-HMAC-SHA256`. */
export function derivationInfo({ date, region, service }: DerivationScope): string {
  return `${date}/${region}/${service}`;
}

const PLAIN_PATH = /^[A-Za-z0-9\-_.~/]*$/;

function canonicalPaths(path: string): string[] {
  if (PLAIN_PATH.test(path)) return [endedBySlash(path)];
  // Go and Python decode the whole path: an encoded `/` becomes a separator.
  const decoded = endedBySlash(decode(path).split('/').map(encode).join('/'));
  const raw = endedBySlash(path.split('/').map(encode).join('/'));
  return decoded === raw ? [decoded] : [decoded, raw];
}

function endedBySlash(path: string): string {
  return path.endsWith('/') ? path : `${path}/`;
}

function canonicalQuery(query: string): string {
  const pairs = query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair): [string, string] => {
      const equals = pair.indexOf('=');
      const [key, value] = equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
      return [decodeQuery(key), decodeQuery(value)];
    });
  return pairs
    .sort(([keyA, valueA], [keyB, valueB]) => compareText(keyA, keyB) || compareText(valueA, valueB))
    .map(([key, value]) => `${encode(key)}=${encode(value)}`)
    .join('&');
}

function decodeQuery(text: string): string {
  return decode(text.replaceAll('+', ' '));
}

/** Percent-encoding undone, byte by byte; a `%` that begins none stands for itself. */
function decode(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}

/** All but `A-Z a-z 0-9 - _ . ~` percent-encoded. */
function encode(text: string): string {
  return text.replace(
    /[^A-Za-z0-9\-_.~]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

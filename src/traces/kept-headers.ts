/** The headers of a refused record: what is kept of them, and how they go with the record when it is published again. */
import type { RecordHeaders } from '../platform/kafka/log-consumer.js';

/** More are not kept; nor is one that would make names and values together longer than {@link MOST_HEADER_BYTES}. */
export const MOST_HEADERS = 64;
export const MOST_HEADER_BYTES = 16 * 1024;

/** Ours to write, in whatever case: what a sender named so is kept and shown, but never published by us. */
const OWN_PREFIX = 'quaestor-';

export interface RecordHeader {
  readonly name: string;
  readonly value: Buffer;
}

export interface KeptHeaders {
  /** In the order received; those of one name stand together. */
  readonly kept: readonly RecordHeader[];
  /** How many came and were not kept. */
  readonly leftOut: number;
}

/** As it stands in the table: values in base64. */
export interface StoredHeaders {
  readonly kept: readonly (readonly [name: string, value: string])[];
  readonly leftOut: number;
}

/** Each header whole or not at all. */
export function keepHeaders(headers: RecordHeaders): KeptHeaders {
  const kept: RecordHeader[] = [];
  let [leftOut, room] = [0, MOST_HEADER_BYTES];
  for (const [name, values] of Object.entries(headers))
    for (const value of [values ?? []].flat()) {
      const bytes = Buffer.byteLength(name) + value.length;
      if (kept.length === MOST_HEADERS || bytes > room) leftOut += 1;
      else {
        kept.push({ name, value });
        room -= bytes;
      }
    }
  return { kept, leftOut };
}

/** JSON for the table; null where the record had none. A NUL, which no JSON column takes, is replaced. */
export function writeHeaders({ kept, leftOut }: KeptHeaders): string | null {
  if (kept.length === 0 && leftOut === 0) return null;
  const stored: StoredHeaders = {
    kept: kept.map(({ name, value }) => [name.replaceAll('\0', '\uFFFD'), value.toString('base64')]),
    leftOut,
  };
  return JSON.stringify(stored);
}

export function readHeaders(stored: StoredHeaders | null): KeptHeaders {
  if (stored === null) return { kept: [], leftOut: 0 };
  const kept = stored.kept.map(([name, value]) => ({ name, value: Buffer.from(value, 'base64') }));
  return { kept, leftOut: stored.leftOut };
}

/** The sender's headers for another journey, beside which ours can stand without being forged. */
export function carriedHeaders({ kept }: KeptHeaders): Record<string, Buffer[]> {
  const carried = new Map<string, Buffer[]>();
  for (const { name, value } of kept) {
    if (name.toLowerCase().startsWith(OWN_PREFIX)) continue;
    carried.set(name, [...(carried.get(name) ?? []), value]);
  }
  return Object.fromEntries(carried);
}

/** Identifiers: version-1 UUIDs for traces (their time is part of the protocol, domain/cts.md §0.3) and 32-hex ids for the rest. */

/** 100 ns intervals between the UUID epoch (1582-10-15) and the Unix epoch. */
const UUID_EPOCH_OFFSET = 122_192_928_000_000_000n;
const UUID_V1 = /^([0-9a-f]{8})-([0-9a-f]{4})-1([0-9a-f]{3})-([0-9a-f]{4})-([0-9a-f]{12})$/i;

/** The time in epoch ms inside a version-1 UUID, or null when `id` is not one. Sub-millisecond ticks are dropped. */
export function uuidV1Time(id: string): number | null {
  const match = UUID_V1.exec(id);
  if (!match) return null;
  const [, low, mid, high] = match;
  const ticks = BigInt(`0x${high}${mid}${low}`);
  return Number((ticks - UUID_EPOCH_OFFSET) / 10_000n);
}

/** The same version-1 UUID moved by `deltaMs`; clock sequence and node stay, so the result is a function of its input. */
export function shiftUuidV1(id: string, deltaMs: number): string {
  const match = UUID_V1.exec(id);
  if (!match) return id;
  const [, low, mid, high, sequence, node] = match;
  const ticks = BigInt(`0x${high}${mid}${low}`) + BigInt(Math.trunc(deltaMs)) * 10_000n;
  return formatUuidV1(ticks, `${sequence}-${node}`);
}

/**
 * A version-1 UUID.
 *
 * @param epochMs time it shall carry
 * @param ticks   0…9999, 100 ns steps inside that millisecond: distinct ticks make distinct ids of one node
 * @param node    16 hex digits: clock sequence (4) and node (12)
 */
export function uuidV1(epochMs: number, ticks: number, node: string): string {
  const time = BigInt(epochMs) * 10_000n + BigInt(ticks) + UUID_EPOCH_OFFSET;
  return formatUuidV1(time, `${node.slice(0, 4)}-${node.slice(4)}`);
}

function formatUuidV1(ticks: bigint, tail: string): string {
  const hex = ticks.toString(16).padStart(15, '0');
  return `${hex.slice(7)}-${hex.slice(3, 7)}-1${hex.slice(0, 3)}-${tail}`;
}

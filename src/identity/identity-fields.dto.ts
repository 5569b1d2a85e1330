/** Fields that the wire shapes of this capability have in common. */
import { z } from 'zod';

/** Text that Postgres takes: no NUL in it. Ids of paths and filters have no other rule, as one that cannot exist is simply not found. */
export function recordText(most: number, least = 1) {
  return z
    .string()
    .min(least)
    .max(most)
    .refine((value) => !value.includes('\0'), 'must not hold a NUL');
}

/** A filter whose value is an id or a name. */
export const filterText = () => recordText(256, 0).optional();

export const filterFlag = () =>
  z
    .enum(['true', 'false'])
    .transform((value) => value === 'true')
    .optional();

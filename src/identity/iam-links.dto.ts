/** Links as keystone writes them into its answers. */
import { z } from 'zod';
import type { RequestUrl } from '../platform/http/request-url.js';

export const selfSchema = z.object({ self: z.string() });
export const linksSchema = z.object({
  self: z.string(),
  previous: z.string().nullable(),
  next: z.string().nullable(),
});
export type Links = z.infer<typeof linksSchema>;

/** Of a list that is whole, or of its page `page` (from 1) of `pages`. */
export function listLinks({ base, path }: RequestUrl, page = 1, pages = 1): Links {
  const other = (number: number): string | null => {
    if (number < 1 || number > pages) return null;
    const url = new URL(path, base);
    url.searchParams.set('page', String(number));
    return url.toString();
  };
  return { self: `${base}${path}`, previous: other(page - 1), next: other(page + 1) };
}

/** Of one resource in a list. */
export function resourceLinks({ base }: RequestUrl, path: string): Links {
  return { self: `${base}${path}`, previous: null, next: null };
}

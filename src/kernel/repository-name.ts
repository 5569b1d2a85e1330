/**
 * Repository names with `/` in them. A path cannot hold the `/`, so management URLs write `$` or `%24` (domain/quota.md §1.4), some
 * clients `%2F`; a name itself never contains `$`, so the plain name can always be told.
 */

const SEPARATORS = /%24|%2f|\$/gi;

/** The plain name (`a/b`) of any spelling of it. */
export function decodeRepositoryName(spelling: string): string {
  // Most names are plain, and many come by the second.
  const isPlain = !spelling.includes('$') && !spelling.includes('%');
  return isPlain ? spelling : spelling.replace(SEPARATORS, '/');
}

/** The name as management URLs write it (`a$b`). */
export function encodeRepositoryName(name: string): string {
  return name.replaceAll('/', '$');
}

/**
 * Every spelling under which a trace may name the resource that `filterValue` means: the value itself first, then separators all
 * as `/`, `$`, `%24` or `%2F`, and the same with the first `/` kept, which parts the organization from the repository.
 */
export function spellings(filterValue: string): string[] {
  const name = decodeRepositoryName(filterValue);
  if (!name.includes('/')) return [filterValue];
  const split = name.indexOf('/') + 1;
  const organization = name.slice(0, split);
  const repository = name.slice(split);
  const variants = ['$', '%24', '%2F'].flatMap((separator) => [
    name.replaceAll('/', separator),
    organization + repository.replaceAll('/', separator),
  ]);
  return [...new Set([filterValue, name, ...variants])];
}

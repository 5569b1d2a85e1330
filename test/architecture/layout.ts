/** Where things stand: which layer a path belongs to, and in which direction layers may import (design §3). */

/** Each may import from itself and from what stands left of it. */
export const LAYERS = ['kernel', 'platform', 'traces', 'identity', 'policies', 'quotas', 'quota-requests'] as const;
export const CAPABILITIES: readonly string[] = LAYERS.slice(2);

/**
 * - a layer's name
 * - `embedded`: the development stack
 * - `composition`: what puts the rest together: files directly in src/, and src/commands/
 * - `migrations`, `test`, `bench`
 * - `unknown`: a folder of src/ that the design does not name
 */
export type Part = (typeof LAYERS)[number] | 'embedded' | 'composition' | 'migrations' | 'test' | 'bench' | 'unknown';

export function partOf(path: string): Part {
  const [top, folder, ...rest] = path.split('/');
  if (isSpec(path) || top === 'test') return 'test';
  if (top === 'migrations' || top === 'bench') return top;
  if (top !== 'src' || folder === undefined) return 'unknown';
  if (rest.length === 0 || folder === 'commands') return 'composition';
  if (folder === 'embedded') return folder;
  return LAYERS.find((layer) => layer === folder) ?? 'unknown';
}

export function isSpec(path: string): boolean {
  return path.endsWith('.spec.ts');
}

export function isProduct(path: string): boolean {
  return !isSpec(path) && /^(src|migrations|bench)\//.test(path);
}

/** `kernel/`, and the `core/` of a capability: plain types and functions. */
export function isPure(path: string): boolean {
  return !isSpec(path) && /^src\/(kernel|[^/]+\/core)\//.test(path);
}

export function mayImport(from: Part, to: Part): boolean {
  switch (from) {
    case 'test':
      return true;
    case 'bench':
    case 'composition':
      return to !== 'test';
    case 'migrations':
      return to === 'migrations';
    case 'embedded':
      return to === 'embedded' || to === 'kernel' || to === 'platform';
    case 'unknown':
      return false;
    default: {
      const target = LAYERS.findIndex((layer) => layer === to);
      return target >= 0 && target <= LAYERS.indexOf(from);
    }
  }
}

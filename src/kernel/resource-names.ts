/** Which names the resources of a registry may have (domain/quota.md §1.4). */

export const NAME_RULES = [
  'organization',
  'repository',
  'enterprise_namespace',
  'instance',
  'policy',
  'domain_name',
  'tag',
  'any',
] as const;
export type NameRule = (typeof NAME_RULES)[number];

interface Shape {
  readonly pattern: RegExp;
  readonly least: number;
  readonly most: number;
  readonly said: string;
}

const SHAPES: Readonly<Record<NameRule, Shape>> = {
  organization: {
    pattern: /^[a-z][a-z0-9]*(?:(?:[.-]|__?)[a-z0-9]+)*$/,
    least: 1,
    most: 64,
    said: 'must start with a lower-case letter, hold lower-case letters, digits, ".", "_" (at most two in a row) and "-", never two of these side by side otherwise, and end with a letter or digit',
  },
  repository: {
    pattern: /^[a-z0-9]+(?:(?:[./-]|__?)[a-z0-9]+)*$/,
    least: 1,
    most: 128,
    said: 'must start and end with a lower-case letter or digit; between them also ".", "/", "-" and "_" (at most two in a row), no two of these side by side otherwise',
  },
  enterprise_namespace: {
    pattern: /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/,
    least: 1,
    most: 64,
    said: 'must start and end with a lower-case letter or digit; between them also ".", "_" and "-", never two side by side',
  },
  instance: {
    pattern: /^[a-z](?:-?[a-z0-9])*$/,
    least: 3,
    most: 48,
    said: 'must start with a lower-case letter, hold letters, digits and "-", never two "-" in a row nor one at the end',
  },
  policy: {
    pattern: /^[A-Za-z0-9_\u4e00-\u9fff-]+$/,
    least: 1,
    most: 256,
    said: 'must hold letters, digits, Chinese characters, "_" and "-" only',
  },
  domain_name: {
    pattern:
      /^(?:\*\.)?[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+$/,
    least: 3,
    most: 100,
    said: 'must be a domain name of at least two labels, each of at most 63 characters; "*" may stand only as the first',
  },
  tag: {
    pattern: /^[A-Za-z0-9_][A-Za-z0-9._-]*$/,
    least: 1,
    most: 128,
    said: 'must start with a letter, digit or "_" and hold these, "." and "-" only',
  },
  any: { pattern: /^[^\p{C}]+$/u, least: 1, most: 256, said: 'must hold printable characters only' },
};

/** What is wrong with the name, to follow where it stands; null when nothing is. */
export function nameFault(name: string, rule: NameRule, reserved: readonly string[] = []): string | null {
  const { pattern, least, most, said } = SHAPES[rule];
  // The length first: no pattern is tried on a text of any size.
  if (name.length < least || name.length > most) return `must have ${String(least)} to ${String(most)} characters`;
  if (!pattern.test(name)) return said;
  return reserved.includes(name) ? 'is reserved' : null;
}

/** Rules about who imports whom. */
import { CAPABILITIES, isProduct, isPure, mayImport, partOf } from './layout.js';
import type { ImportEdge, Rule, SourceFile, SourceTree, Violation } from './source-tree.js';

type EdgeCheck = (file: SourceFile, edge: ImportEdge) => string | null;

/** A rule that judges each import by itself. */
function edgeRule(name: string, why: string, check: EdgeCheck): Rule {
  return {
    name,
    why,
    check: (tree) =>
      [...tree.values()].flatMap((file) =>
        file.imports.flatMap((edge) => {
          const what = check(file, edge);
          return what === null ? [] : [{ path: file.path, line: edge.line, what }];
        }),
      ),
  };
}

const knownFolders: Rule = {
  name: 'known-folders',
  why: 'every folder of src/ is one that the design names; a new one has no place in the direction of imports',
  check: (tree) =>
    [...tree.keys()]
      .filter((path) => partOf(path) === 'unknown')
      .map((path) => ({ path, line: 1, what: 'stands in no layer' })),
};

const layerDirection = edgeRule(
  'layer-direction',
  'kernel ← platform ← traces ← identity ← policies ← quotas ← quota-requests: only from the left',
  ({ path }, { target }) => {
    if (target === null) return null;
    const [from, to] = [partOf(path), partOf(target)];
    return mayImport(from, to) ? null : `${from} imports ${to} (${target})`;
  },
);

const capabilityDoor = edgeRule(
  'capability-door',
  "a capability is asked through its index.ts alone; core may also use a left capability's core, which has no Nest in it",
  ({ path }, { target }) => {
    if (target === null || !isProduct(path)) return null;
    const [from, to] = [partOf(path), partOf(target)];
    if (from === to || from === 'composition' || from === 'bench' || !CAPABILITIES.includes(to)) return null;
    if (target === `src/${to}/index.ts` || (isPure(path) && isPure(target))) return null;
    return `imports ${target} past src/${to}/index.ts`;
  },
);

const pureCore = edgeRule(
  'pure-imports',
  'core/ and kernel/ import nothing but kernel, core of the same or a left capability, and data: no package, no builtin',
  ({ path }, { specifier, target }) => {
    if (!isPure(path)) return null;
    if (target === null) return `imports ${specifier}`;
    const own = partOf(path);
    const data = target.endsWith('.json') && partOf(target) === own;
    return isPure(target) || data ? null : `imports ${target}`;
  },
);

const noCycles: Rule = {
  name: 'no-cycles',
  why: 'files that import each other in a ring, be it for types only, can be understood only together',
  check: (tree) =>
    ringsOf(tree).map((ring) => ({ path: ring[0] ?? '', line: 1, what: `ring of imports: ${ring.join(' → ')}` })),
};

/** The strongly connected components of more than one file, and files that import themselves (Tarjan). */
function ringsOf(tree: SourceTree): string[][] {
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const rings: string[][] = [];
  const visit = (path: string): number => {
    let low = order.size;
    order.set(path, low);
    lowest.set(path, low);
    stack.push(path);
    for (const { target } of tree.get(path)?.imports ?? []) {
      if (target === null || !tree.has(target)) continue;
      if (!order.has(target)) low = Math.min(low, visit(target));
      else if (stack.includes(target)) low = Math.min(low, order.get(target) ?? low);
    }
    lowest.set(path, low);
    if (low === order.get(path)) {
      const ring = stack.splice(stack.indexOf(path));
      const importsItself = tree.get(path)?.imports.some(({ target }) => target === path) ?? false;
      if (ring.length > 1 || importsItself) rings.push(ring.sort());
    }
    return low;
  };
  for (const path of tree.keys()) if (!order.has(path)) visit(path);
  return rings;
}

const resolvable: Rule = {
  name: 'resolvable-imports',
  why: 'an import that leads nowhere would escape every other rule',
  check: (tree): Violation[] =>
    [...tree.values()].flatMap((file) =>
      file.imports
        .filter(({ target }) => target !== null && !/\.(json|mjs|cjs|node)$/.test(target) && !isThere(tree, target))
        .map(({ specifier, line }) => ({ path: file.path, line, what: `${specifier} is not in the tree` })),
    ),
};

function isThere(tree: SourceTree, target: string): boolean {
  return tree.has(target) || tree.has(target.replace(/\.ts$/, '.d.ts'));
}

export const importRules: readonly Rule[] = [
  knownFolders,
  layerDirection,
  capabilityDoor,
  pureCore,
  noCycles,
  resolvable,
];

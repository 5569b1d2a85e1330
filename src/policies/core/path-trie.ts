/**
 * A radix tree over the beginnings of texts, flat in typed arrays, with any number of roots. Walking it visits the
 * beginnings that a text really has, so its cost follows the length of the text, not the number of patterns.
 */

interface GrowingNode {
  label: string;
  readonly children: Map<number, GrowingNode>;
  /** By group. */
  readonly entries: Map<number, number[]>;
}

export class PathTrieBuilder {
  private readonly roots: GrowingNode[] = [];

  addRoot(): number {
    return this.roots.push(newNode('')) - 1;
  }

  /** @param group entries of one group stand together, so that a walk can pass over them as one */
  insert(root: number, key: string, group: number, entry: number): void {
    let node = this.roots[root] ?? newNode('');
    let rest = key;
    while (rest !== '') {
      const unit = rest.charCodeAt(0);
      const child = node.children.get(unit);
      if (child === undefined) {
        const leaf = newNode(rest);
        node.children.set(unit, leaf);
        node = leaf;
        break;
      }
      const common = commonLength(child.label, rest);
      node = common === child.label.length ? child : split(node, child, common);
      rest = rest.slice(common);
    }
    const entries = node.entries.get(group);
    if (entries === undefined) node.entries.set(group, [entry]);
    else entries.push(entry);
  }

  /** Nodes are numbered breadth first, so that the roots keep their numbers. */
  build(): PathTrie {
    const nodes = [...this.roots];
    const edges: { parent: number; unit: number; child: number }[] = [];
    for (let parent = 0; parent < nodes.length; parent++)
      for (const [unit, child] of nodes[parent]?.children ?? [])
        edges.push({ parent, unit, child: nodes.push(child) - 1 });
    return { ...labelsOf(nodes), ...groupsOf(nodes), ...slotsOf(edges) };
  }
}

export interface PathTrie {
  /** Code units of all labels, and where that of each node begins; one more at the end. */
  readonly labels: Uint16Array;
  readonly labelStart: Int32Array;
  /** Per node groups of [group, where the next begins, entry…], and where they begin; one more at the end. */
  readonly groups: Int32Array;
  readonly groupStart: Int32Array;
  /** Open addressing: (parent, first unit of the child's label) → child; -1 where nothing stands. */
  readonly slotParent: Int32Array;
  readonly slotUnit: Uint16Array;
  readonly slotChild: Int32Array;
}

/** The child of `parent` whose label begins with `unit`, or -1. */
export function childOf({ slotParent, slotUnit, slotChild }: PathTrie, parent: number, unit: number): number {
  const mask = slotChild.length - 1;
  for (let slot = slotOf(parent, unit) & mask; ; slot = (slot + 1) & mask) {
    const child = slotChild[slot] ?? -1;
    if (child < 0 || (slotParent[slot] === parent && slotUnit[slot] === unit)) return child;
  }
}

function slotOf(parent: number, unit: number): number {
  const mixed = Math.imul(parent, 0x9e3779b1) ^ Math.imul(unit + 1, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}

function newNode(label: string): GrowingNode {
  return { label, children: new Map(), entries: new Map() };
}

/** Puts a node between `parent` and `child`, where their texts part. */
function split(parent: GrowingNode, child: GrowingNode, at: number): GrowingNode {
  const middle = newNode(child.label.slice(0, at));
  parent.children.set(middle.label.charCodeAt(0), middle);
  child.label = child.label.slice(at);
  middle.children.set(child.label.charCodeAt(0), child);
  return middle;
}

function commonLength(left: string, right: string): number {
  const most = Math.min(left.length, right.length);
  for (let at = 0; at < most; at++) if (left.charCodeAt(at) !== right.charCodeAt(at)) return at;
  return most;
}

function labelsOf(nodes: readonly GrowingNode[]): Pick<PathTrie, 'labels' | 'labelStart'> {
  const text = nodes.map(({ label }) => label).join('');
  const labels = Uint16Array.from({ length: text.length }, (_, at) => text.charCodeAt(at));
  return { labels, labelStart: startsOf(nodes.map(({ label }) => label.length)) };
}

function groupsOf(nodes: readonly GrowingNode[]): Pick<PathTrie, 'groups' | 'groupStart'> {
  const groups: number[] = [];
  const lengths = nodes.map(({ entries }) => {
    const before = groups.length;
    for (const [group, members] of entries) groups.push(group, groups.length + 2 + members.length, ...members);
    return groups.length - before;
  });
  return { groups: Int32Array.from(groups), groupStart: startsOf(lengths) };
}

function startsOf(lengths: readonly number[]): Int32Array {
  const starts = new Int32Array(lengths.length + 1);
  for (const [index, length] of lengths.entries()) starts[index + 1] = (starts[index] ?? 0) + length;
  return starts;
}

function slotsOf(
  edges: readonly { parent: number; unit: number; child: number }[],
): Pick<PathTrie, 'slotParent' | 'slotUnit' | 'slotChild'> {
  let size = 16;
  while (size < edges.length * 2) size *= 2;
  const slotParent = new Int32Array(size);
  const slotUnit = new Uint16Array(size);
  const slotChild = new Int32Array(size).fill(-1);
  for (const { parent, unit, child } of edges) {
    let slot = slotOf(parent, unit) & (size - 1);
    while ((slotChild[slot] ?? -1) >= 0) slot = (slot + 1) & (size - 1);
    slotParent[slot] = parent;
    slotUnit[slot] = unit;
    slotChild[slot] = child;
  }
  return { slotParent, slotUnit, slotChild };
}

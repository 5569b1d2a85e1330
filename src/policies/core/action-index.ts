/**
 * Finds the statements of an action. Equal lists of actions are one set; which sets an action belongs to is found once
 * and remembered, since requests use few actions.
 */
import { type ActionParts, type ActionPattern, hasResourceType, matchesAction, splitAction } from './action-pattern.js';
import { foldCase } from './letter-case.js';
import type { ActionClause, Effect } from './policy.js';

/** What is known of one action, whatever the resource. Statements are numbers, those without a condition first. */
export interface ActionPlan {
  /** Bit `n` tells whether the action is in set `n`. */
  readonly sets: Int32Array;
  /** Statements that speak of this action and every resource. */
  readonly denying: Int32Array;
  readonly allowing: Int32Array;
  /** Whether the first of them has no condition, so that nothing need be evaluated. */
  readonly denies: boolean;
  readonly allows: boolean;
  readonly hasResourceType: boolean;
}

interface ActionSet {
  readonly id: number;
  readonly negated: boolean;
  readonly patterns: readonly number[];
  readonly everywhere: Record<Effect, number[]>;
}

interface KnownPattern {
  readonly pattern: ActionPattern;
  readonly sets: ActionSet[];
}

/** Bytes of remembered plans; beyond it all are forgotten, so that invented action names cannot fill the memory. */
const MOST_REMEMBERED = 4_000_000;
const BYTES_PER_PLAN = 200;

export class ActionIndex {
  private readonly sets = new Map<string, ActionSet>();
  /** By their numbers. */
  private readonly ordered: ActionSet[] = [];
  private readonly negated: ActionSet[] = [];
  private readonly patterns: KnownPattern[] = [];
  /** By their text as written and in lower case. */
  private readonly patternIds = new Map<string, number>();
  /** Patterns without a star by their text; the others by their service, under `*` where that has a star. */
  private readonly literal = new Map<string, number>();
  private readonly byService = new Map<string, number[]>();
  private readonly plans = new Map<string, ActionPlan>();
  private remembered = 0;

  /** @param isPlain tells of a statement whether it has neither condition nor variable */
  constructor(private readonly isPlain: (statement: number) => boolean) {}

  /** The number of the set of these actions; `compiled` are the patterns in the same order. */
  add({ negated, patterns }: ActionClause, compiled: readonly ActionPattern[]): number {
    const ids = [...new Set(compiled.map((pattern, index) => this.patternId(patterns[index] ?? '', pattern)))];
    const key = `${negated ? '!' : ''}${ids.sort((left, right) => left - right).join()}`;
    const known = this.sets.get(key);
    if (known !== undefined) return known.id;
    const set: ActionSet = { id: this.sets.size, negated, patterns: ids, everywhere: { Allow: [], Deny: [] } };
    this.sets.set(key, set);
    if (negated) this.negated.push(set);
    else for (const id of ids) this.patterns[id]?.sets.push(set);
    this.ordered.push(set);
    return set.id;
  }

  /** A statement that speaks of every resource, or of all but some. */
  addEverywhere(set: number, effect: Effect, statement: number): void {
    this.ordered[set]?.everywhere[effect].push(statement);
  }

  plan(action: string): ActionPlan {
    const known = this.plans.get(action);
    if (known !== undefined) return known;
    const plan = this.makePlan(action);
    const bytes =
      BYTES_PER_PLAN + 2 * action.length + plan.sets.byteLength + plan.denying.byteLength + plan.allowing.byteLength;
    if (this.remembered + bytes > MOST_REMEMBERED) {
      this.plans.clear();
      this.remembered = 0;
    }
    this.plans.set(action, plan);
    this.remembered += bytes;
    return plan;
  }

  private patternId(text: string, pattern: ActionPattern): number {
    const given = this.patternIds.get(text);
    if (given !== undefined) return given;
    const folded = foldCase(text);
    const id = this.patternIds.get(folded) ?? this.addPattern(folded, pattern);
    this.patternIds.set(text, id).set(folded, id);
    return id;
  }

  private addPattern(folded: string, pattern: ActionPattern): number {
    const id = this.patterns.push({ pattern, sets: [] }) - 1;
    if (!folded.includes('*')) this.literal.set(folded, id);
    else {
      const service = splitAction(folded)?.[0] ?? '*';
      const key = service.includes('*') ? '*' : service;
      const ids = this.byService.get(key);
      if (ids === undefined) this.byService.set(key, [id]);
      else ids.push(id);
    }
    return id;
  }

  private makePlan(action: string): ActionPlan {
    const parts = splitAction(action);
    const matching = parts === null ? [] : this.setsOf(parts);
    const sets = new Int32Array((this.ordered.length + 31) >> 5);
    for (const { id } of matching) sets[id >> 5] = (sets[id >> 5] ?? 0) | (1 << (id & 31));
    const denying = this.statementsOf(matching, 'Deny');
    const allowing = this.statementsOf(matching, 'Allow');
    return {
      sets,
      denying,
      allowing,
      denies: this.beginsPlain(denying),
      allows: this.beginsPlain(allowing),
      hasResourceType: hasResourceType(action),
    };
  }

  private setsOf(parts: ActionParts): Set<ActionSet> {
    const [service] = parts;
    const found = new Set<number>();
    const literal = this.literal.get(foldCase(parts.join(':')));
    if (literal !== undefined) found.add(literal);
    for (const key of [foldCase(service), '*'])
      for (const id of this.byService.get(key) ?? []) {
        const known = this.patterns[id];
        if (known !== undefined && matchesAction(known.pattern, parts)) found.add(id);
      }
    const sets = new Set([...found].flatMap((id) => this.patterns[id]?.sets ?? []));
    for (const set of this.negated) if (!set.patterns.some((id) => found.has(id))) sets.add(set);
    return sets;
  }

  private statementsOf(sets: Iterable<ActionSet>, effect: Effect): Int32Array {
    const statements = [...sets].flatMap(({ everywhere }) => everywhere[effect]);
    const rank = (statement: number): number => (this.isPlain(statement) ? 0 : 1);
    return Int32Array.from(statements.sort((left, right) => rank(left) - rank(right)));
  }

  private beginsPlain([first]: Int32Array): boolean {
    return first !== undefined && this.isPlain(first);
  }
}

export function isInSet(sets: Int32Array, id: number): boolean {
  return ((sets[id >> 5] ?? 0) & (1 << (id & 31))) !== 0;
}

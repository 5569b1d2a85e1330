/** Whether one statement says at least all that another says: sound, not complete (a union of patterns may cover what none of them does). */
import type { Condition, Statement } from './policy.js';
import { compileGlob, matchesGlob } from './glob.js';
import { parseTemplate } from './template.js';

/** Every request that `inner` matches is matched by `outer`, too. */
export function covers(outer: Statement, inner: Statement): boolean {
  return coversActions(outer, inner) && coversResources(outer, inner) && coversConditions(outer, inner);
}

function coversActions({ actions: outer }: Statement, { actions: inner }: Statement): boolean {
  if (outer.negated || inner.negated)
    return outer.negated && inner.negated && outer.patterns.every((text) => inner.patterns.includes(text));
  return inner.patterns.every((text) => outer.patterns.some((pattern) => coversText(pattern, text, true)));
}

function coversResources({ resources: outer }: Statement, { resources: inner }: Statement): boolean {
  if (outer === null || (!outer.negated && outer.patterns.includes('*'))) return true;
  if (outer.form !== inner?.form) return false;
  if (outer.negated || inner.negated)
    return outer.negated && inner.negated && outer.patterns.every((text) => inner.patterns.includes(text));
  if (outer.patterns.some((text) => text.includes('${'))) return false;
  return inner.patterns.every((text) => outer.patterns.some((pattern) => coversText(pattern, text, false)));
}

/** Fewer conditions match more. */
function coversConditions({ conditions: outer }: Statement, { conditions: inner }: Statement): boolean {
  return outer.every((condition) => inner.some((other) => sameCondition(condition, other)));
}

function sameCondition(left: Condition, right: Condition): boolean {
  return (
    left.operator === right.operator && left.key === right.key && left.values.join('\0') === right.values.join('\0')
  );
}

/** Segment by segment; a star of `text` counts as a character that only a star of `pattern` can stand for. */
function coversText(pattern: string, text: string, ignoresCase: boolean): boolean {
  if (pattern === text || pattern === '*') return true;
  if (pattern.includes('?') || text.includes('?') || text.includes('${')) return false;
  const most = ignoresCase ? 3 : 5;
  const [wanted, given] = [segments(pattern, most), segments(text, most)];
  if (wanted.length !== given.length) return false;
  return wanted.every((segment, index) => {
    const template = parseTemplate(segment, { star: true, any: false, variables: false }) ?? [];
    return matchesGlob(compileGlob(template, ignoresCase), given[index] ?? '');
  });
}

/** The last segment keeps its colons. */
function segments(text: string, most: number): string[] {
  const parts = text.split(':');
  return [...parts.slice(0, most - 1), ...(parts.length >= most ? [parts.slice(most - 1).join(':')] : [])];
}

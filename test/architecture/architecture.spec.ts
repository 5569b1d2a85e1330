import { join } from 'node:path';
import { contentRules } from './content.rules.js';
import { importRules } from './import.rules.js';
import { plantings } from './plantings.js';
import { sizeRules } from './size.rules.js';
import { parseTree, readTree, type Rule } from './source-tree.js';

const rules = [...importRules, ...sizeRules, ...contentRules];

const tree = readTree(join(__dirname, '..', '..'), ['src', 'migrations', 'bench', 'test']);

describe('the tree', () => {
  it('was found', () => {
    expect(tree.has('src/kernel/errors.ts')).toBe(true);
    expect(tree.has('test/architecture/source-tree.ts')).toBe(true);
  });

  it.each(rules.map((rule) => [rule.name, rule] as const))('keeps %s', (_name, rule) => {
    expect(report(rule)).toEqual([]);
  });
});

describe('a planted violation', () => {
  it('exists for every rule', () => {
    expect([...new Set(plantings.map(({ rule }) => rule))].sort()).toEqual(rules.map(({ name }) => name).sort());
  });

  it.each(plantings)('of $rule is found: $title', ({ rule: name, files, at }) => {
    const rule = rules.find((candidate) => candidate.name === name);
    const found = rule?.check(parseTree(files)) ?? [];
    expect(found.map(({ path, line }) => `${path}:${line}`)).toEqual(at);
  });
});

function report(rule: Rule): string[] {
  return rule.check(tree).map(({ path, line, what }) => `${path}:${line} ${what} — ${rule.why}`);
}

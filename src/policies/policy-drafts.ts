/** Reads the drafts of a request. */
import { AppError, type Problem } from '../kernel/errors.js';
import { pathText } from './core/finding.js';
import { parsePolicy } from './core/parse-policy.js';
import type { NamedPolicy } from './core/policy.js';

/** Drafts are known by their place, `#0`. Throws `QST.BadRequest` with every problem of every draft. */
export function readDrafts(drafts: readonly unknown[]): NamedPolicy[] {
  const problems: Problem[] = [];
  const policies = drafts.flatMap((document, index): NamedPolicy[] => {
    const parsed = parsePolicy(document);
    if (parsed.ok) return [{ id: null, name: `#${String(index)}`, version: null, policy: parsed.policy }];
    for (const { path, code, issue, details } of parsed.problems) {
      const place = pathText(path);
      problems.push({
        path: `body.policies[${String(index)}]${place === '' || place.startsWith('[') ? place : `.${place}`}`,
        message: `${code ?? issue} ${details}`,
      });
    }
    return [];
  });
  if (problems.length > 0) throw new AppError('QST.BadRequest', 'The request is not valid', { problems });
  return policies;
}

/** Takes policy documents from requests: valid, or refused with everything that is wrong with them. */
import { AppError } from '../kernel/errors.js';
import { parsePolicy, pathText } from './core/policy-language.js';
import type { PolicyVersion } from './core/policy.js';

/**
 * Throws the code of the first problem that has one (`IAM.1029`), else `IAM.0011`, with all problems.
 *
 * @param place of the document in the request: `body.policy_document`
 */
export function requireValid(source: unknown, version: PolicyVersion, place: string): void {
  const parsed = parsePolicy(source, { versions: [version] });
  if (parsed.ok) return;
  const code = parsed.problems.find((problem) => problem.code !== null)?.code ?? 'IAM.0011';
  const problems = parsed.problems.map(({ path, details }) => ({
    path: [place, pathText(path)].filter((part) => part !== '').join('.'),
    message: details,
  }));
  throw new AppError(code, 'The policy document is not valid', { problems });
}

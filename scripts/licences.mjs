/**
 * Every installed package is under a licence that lets this project be used, changed and passed on (`npm run check licences`).
 * Needs no package itself.
 *
 * Usage: node scripts/licences.mjs [FOLDER]. Exit 0 all are, 1 one is not or does not say, 2 nothing is installed.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** SPDX identifiers; all ask at most that their text and the names of the authors be kept. */
const allowed = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'Python-2.0',
  'Unlicense',
]);

/** By package, allowed only while nothing that is served needs it. */
const allowedForDevelopment = { 'caniuse-lite': 'CC-BY-4.0' };

/** SPDX expression without exceptions (`WITH`): `AND` binds closer than `OR`, brackets closest. Null where it is none. */
export function isAllowed(expression) {
  const tokens = expression.match(/[()]|[^\s()]+/g) ?? [];
  const either = () => {
    let holds = both();
    while (tokens[0] === 'OR') {
      tokens.shift();
      const other = both();
      holds = holds === null || other === null ? null : holds || other;
    }
    return holds;
  };
  const both = () => {
    let holds = one();
    while (tokens[0] === 'AND') {
      tokens.shift();
      const other = one();
      holds = holds === null || other === null ? null : holds && other;
    }
    return holds;
  };
  const one = () => {
    const token = tokens.shift();
    if (token === undefined || token === ')' || token === 'AND' || token === 'OR') return null;
    if (token !== '(') return allowed.has(token);
    const holds = either();
    return tokens.shift() === ')' ? holds : null;
  };
  const holds = either();
  return tokens.length === 0 ? holds : null;
}

/** Older packages tell an object, or a list of them. */
function licenceOf({ license, licenses }) {
  const given = license ?? licenses;
  const text = (item) => (typeof item === 'string' ? item : (item?.type ?? ''));
  return Array.isArray(given) ? given.map(text).join(' OR ') : text(given);
}

/** What is wrong with what is installed in `root`, a line each; null where nothing is installed. */
export function findProblems(root) {
  const lock = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(lock)) return null;
  const problems = [];
  for (const [path, { dev, devOptional }] of Object.entries(JSON.parse(readFileSync(lock, 'utf8')).packages)) {
    const manifest = join(root, path, 'package.json');
    if (!existsSync(manifest)) continue;
    const { name, version, ...rest } = JSON.parse(readFileSync(manifest, 'utf8'));
    const licence = licenceOf(rest);
    const excepted = (dev || devOptional) && allowedForDevelopment[name] === licence;
    if (!excepted && isAllowed(licence) !== true) problems.push(`${name}@${version}: ${licence || 'tells no licence'}`);
  }
  return problems;
}

const self = fileURLToPath(import.meta.url);
if (process.argv[1] === self) {
  const problems = findProblems(process.argv[2] ?? join(dirname(self), '..'));
  if (problems === null) {
    console.error('nothing is installed here');
    process.exitCode = 2;
  } else {
    for (const problem of problems) console.error(problem);
    process.exitCode = problems.length > 0 ? 1 : 0;
  }
}

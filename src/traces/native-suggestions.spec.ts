import { SELECTION_PARAMETERS } from './core/native-query.js';
import { unknownParameter } from './native-suggestions.js';

const KNOWN = [...SELECTION_PARAMETERS, 'limit', 'cursor', 'order'];

it.each([
  ['servce_type', 'is not known; did you mean service_type?'],
  ['-servce_type', 'is not known; did you mean -service_type?'],
  ['user_name', 'is not known; did you mean user?'],
  ['since', 'is not known; did you mean from?'],
  ['marker', 'is not known; did you mean cursor?'],
  ['zzzzzzzzzzzz', 'is not known'],
  ['user!', '"!" is no operator here; did you mean -user=…?'],
  ['!user', '"!" is no operator here; did you mean -user=…?'],
  ['user__ne', '"__ne" is no operator here; did you mean -user=…?'],
  ['user[not]', '"[not]" is no operator here; did you mean -user=…?'],
  ['user~', '"~" is no operator here; did you mean user=value*?'],
  ['user.startswith', '".startswith" is no operator here; did you mean user=value*?'],
  ['user>', '">" is no operator here; there are user=value, user=value* and -user=value'],
  ['from>', '">" is no operator here; did you mean from=?'],
  ['-limit', 'cannot be negated; did you mean limit?'],
  ['__proto__', 'is not known'],
  ['constructor', 'is not known'],
  ['', 'is not known'],
])('%j: %s', (given, told) => {
  expect(unknownParameter(given, KNOWN)).toBe(told);
});

/** Where in a ticket stands what the native API of quota requests calls otherwise. */
import type { Problem } from '../../kernel/errors.js';

const PLACES: Readonly<Record<string, string>> = {
  'body.quota_key': 'body.extends_map.quota_key',
  'body.scope': 'body.extends_map.scope_kind',
  'body.scope.kind': 'body.extends_map.scope_kind',
  'body.scope.id': 'body.extends_map.scope_id',
  'body.scope.project_id': 'body.extends_map.project_id',
  'body.desired': 'body.extends_map.desired',
  'body.until': 'body.extends_map.until',
  'body.reason': 'body.simple_description',
  'body.contact': 'body.remind_mail',
};

/** The problem in the words of the ticket that was sent. */
export function ticketProblem({ path, message }: Problem): Problem {
  return { path: PLACES[path] ?? path, message };
}

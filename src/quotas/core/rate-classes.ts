/** Which class of operations a request of our own API belongs to: each class has a rate quota of its own. */

/** `bulk`: answers that stream for long. `decide`, `reserve`: what registry services ask before each operation of theirs. */
export type ApiClass = 'read' | 'write' | 'bulk' | 'decide' | 'reserve';

/** Those of public routes are counted by address, as `sign_in`. Null: probes, metrics and documentation are not counted. */
export function apiClassOf(method: string, route: string, isPublic: boolean): ApiClass | 'sign_in' | null {
  if (isPublic) return method === 'POST' ? 'sign_in' : null;
  if (route.endsWith('/export') || (method === 'POST' && /^\/v1\/(policies|quotas)\/replay$/.test(route)))
    return 'bulk';
  if (DECISIONS.some((prefix) => route.startsWith(prefix))) return 'decide';
  if (RESERVATIONS.some((prefix) => route.startsWith(prefix))) return 'reserve';
  return method === 'GET' || method === 'HEAD' ? 'read' : 'write';
}

const DECISIONS = ['/access/v1/', '/v1/policies/simulate', '/v1/credentials/verify'];
const RESERVATIONS = ['/v1/quotas/reservations', '/v1/quotas/check', '/v1/quotas/rates'];

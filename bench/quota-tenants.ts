/** The tenants of the quota benchmarks: domains with a project each, and a key that is counted without names. */
import type { BenchStack } from './bench-stack.js';

export interface Tenants {
  readonly domains: number;
  readonly quotaKey: string;
  /** Of each user. */
  readonly limit: number;
}

export function tenantOf(index: number, domains: number): string {
  return `bench-${String(index % domains)}`;
}

export async function insertTenants({ bare }: BenchStack, { domains, quotaKey, limit }: Tenants): Promise<void> {
  await bare.query(
    `INSERT INTO domains (id, name) SELECT 'bench-' || n, 'bench-' || n FROM generate_series(0, $1::int - 1) AS n`,
    [domains],
  );
  await bare.query(
    `INSERT INTO projects (domain_id, id, name, region) SELECT id, id || '-p', 'p', 'cn-north-4' FROM domains WHERE id LIKE 'bench-%'`,
  );
  const definition = {
    key: quotaKey,
    scope_kind: 'user',
    mode: 'enforce',
    default_limit: limit,
    traces: [],
    name_rule: 'any',
    unique_in: 'space',
  };
  await bare.query(
    `INSERT INTO quota_definitions (quota_key, version, document)
     SELECT $1, 1, document || $2::jsonb FROM quota_definitions WHERE quota_key = 'repo'`,
    [quotaKey, JSON.stringify(definition)],
  );
  await bare.query('UPDATE quota_catalogue SET revision = revision + 1');
}

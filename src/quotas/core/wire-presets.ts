/** Sets of grants that go together, as data. */
import presets from '../data/presets.json' with { type: 'json' };

export interface GrantPreset {
  readonly mostDays: number;
  readonly grants: readonly { readonly quotaKey: string; readonly limit: number }[];
}

export type PresetName = keyof typeof presets;

export function grantPreset(name: PresetName): GrantPreset {
  const { most_days: mostDays, grants } = presets[name];
  return { mostDays, grants: grants.map(({ quota_key: quotaKey, limit }) => ({ quotaKey, limit })) };
}

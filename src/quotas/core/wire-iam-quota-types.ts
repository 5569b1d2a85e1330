/** The quota types of IAM, as data (domain/quota.md §1.3). */
import file from '../data/iam-quota-types.json' with { type: 'json' };

export interface IamQuotaType {
  /** As IAM spells it. */
  readonly type: string;
  readonly quotaKey: string;
  /** Between which the cloud lets it be set. */
  readonly min: number;
  readonly max: number;
}

type WireType = Omit<IamQuotaType, 'quotaKey'> & { readonly quota_key: string };

const typeFrom = ({ quota_key: quotaKey, ...rest }: WireType): IamQuotaType => ({ quotaKey, ...rest });

export const IAM_DOMAIN_QUOTAS: readonly IamQuotaType[] = file.domain.map(typeFrom);
export const IAM_PROJECT_QUOTAS: readonly IamQuotaType[] = file.project.map(typeFrom);

/** The authenticated caller. Produced by `identity`, read by everything that answers a request. */
export interface Principal {
  readonly userId: string;
  readonly userName: string;
  readonly domainId: string;
  readonly domainName: string;
  /** The project the token is scoped to; null for a domain scope. */
  readonly projectId: string | null;
  /** Ids of the groups it is a member of; of a federated principal, what its issuer says. */
  readonly groups: readonly string[];
  /** True for principals of the domain that runs this installation. */
  readonly isOperator: boolean;
  readonly isAdministrator: boolean;
  readonly accessKeyId: string | null;
  /** Epoch ms of the second factor; null without one. */
  readonly mfaAt: number | null;
  /** Known by the token of an external issuer only: there is no user of ours. */
  readonly isFederated: boolean;
}

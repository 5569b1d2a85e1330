/** The authenticated caller. Produced by `identity`, read by everything that answers a request. */
export interface Principal {
  readonly userId: string;
  readonly userName: string;
  readonly domainId: string;
  readonly domainName: string;
  /** The project the token is scoped to; null for a domain scope. */
  readonly projectId: string | null;
  readonly groups: readonly string[];
  /** True for principals of the domain that runs this installation. */
  readonly isOperator: boolean;
  readonly isAdministrator: boolean;
  readonly accessKeyId: string | null;
}

/** What `traces` learns from a capability to its right: whose traces those of the installation itself are. */

/** `() => Promise<OperatorDomain | null>`; null before the first administrator exists. */
export const OPERATOR_DOMAIN = Symbol('OPERATOR_DOMAIN');

export interface OperatorDomain {
  readonly domainId: string;
  readonly projectId: string;
}

/** Told once, by the composition, when the operator domain is known. */
export class InstallationOwner {
  private known: OperatorDomain | null = null;

  set(domain: OperatorDomain): void {
    this.known = domain;
  }

  get(): OperatorDomain | null {
    return this.known;
  }
}

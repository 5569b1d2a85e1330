/** Where the documents leave a rule open (domain/iam.md §1, "Not found"), what this service does: one switch each. */

export interface UndocumentedChoices {
  /** A negative operator without IfExists holds when the request lacks the key (the rule of AWS). */
  readonly negativeHoldsOnMissingKey: boolean;
  /** ForAllValues holds when the request lacks the key or has no value for it (the rule of AWS). */
  readonly forAllValuesHoldsOnMissingKey: boolean;
  /** StringLike, StringNotLike, StringStartWith and StringEndWith ignore case, as the older page says of unmarked operators. */
  readonly olderStringOperatorsIgnoreCase: boolean;
  /** `StringEqualsAnyOf` and its like mean ForAnyValue. */
  readonly anyOfMeansForAnyValue: boolean;
  /** Without a set prefix a request's set matches by any of its values, a negative operator by none of them. */
  readonly unqualifiedSetMatchesByAny: boolean;
  /** Null and IfExists take an empty set for a missing key. */
  readonly emptySetIsMissing: boolean;
  /** `Bool` compares `True` and `true` as one. */
  readonly boolIgnoresCase: boolean;
  /** An IPv4 address in IPv6 notation (`::ffff:10.0.0.1`) lies in the IPv4 range. */
  readonly mappedAddressIsIpv4: boolean;
  /** Resource URNs: `SWR:*:*:Repo:x` matches `swr:…:repo:x`; region, account and path are compared as they are. */
  readonly urnTypeIgnoresCase: boolean;
  /** `?` in a 5.0 Resource stands for one character; in actions and in 1.1 it is refused. */
  readonly questionMarkInResource: boolean;
  /** The action `*` of a 5.0 document means `*:*:*`. */
  readonly loneStarAction: boolean;
  /** A 1.1 document may say NotAction, which its error codes know and its grammar does not. */
  readonly notActionInCustomPolicies: boolean;
  /** A set of one element has a value for a variable; one of several never has, default or not. */
  readonly oneElementSetResolves: boolean;
  /** An SCP bounds what SWR organization and repository grants allow, too. */
  readonly controlPolicyBoundsGrants: boolean;
}

export const undocumentedChoices: UndocumentedChoices = {
  negativeHoldsOnMissingKey: true,
  forAllValuesHoldsOnMissingKey: true,
  olderStringOperatorsIgnoreCase: true,
  anyOfMeansForAnyValue: true,
  unqualifiedSetMatchesByAny: true,
  emptySetIsMissing: true,
  boolIgnoresCase: true,
  mappedAddressIsIpv4: true,
  urnTypeIgnoresCase: true,
  questionMarkInResource: true,
  loneStarAction: true,
  notActionInCustomPolicies: false,
  oneElementSetResolves: true,
  controlPolicyBoundsGrants: true,
};

/** What is known of services and their operations before any trace of them came; unknown names are stored like any other. */
import catalogue from '../data/cts-operations.json' with { type: 'json' };
import { sameName } from './wire-operations.js';

export { listOperations, type OperationGroup } from './wire-operations.js';

/** Outside the catalogue, the services whose name is neither all upper nor all lower case (domain/cts.md §1.1). */
const MIXED_CASE_SERVICES = ['FunctionGraph'];

const KNOWN_SERVICES: readonly string[] = [
  ...new Set(catalogue.operations.map((operation) => operation.service_type)),
  ...MIXED_CASE_SERVICES,
];

/**
 * The spellings under which a service's traces may be stored: as given, upper case, lower case, and as documented. A search for
 * all of them is a search in any case of letters that an index can serve.
 */
export function serviceSpellings(serviceType: string): string[] {
  const documented = KNOWN_SERVICES.filter((name) => sameName(name, serviceType));
  return [...new Set([serviceType, serviceType.toUpperCase(), serviceType.toLowerCase(), ...documented])];
}

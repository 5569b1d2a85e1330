/** The operations that cloud services are documented to report, as ListOperations answers them (domain/cts.md §2.6). */
import catalogue from '../data/cts-operations.json' with { type: 'json' };

export interface OperationGroup {
  readonly service_type: string;
  readonly resource_type: string;
  readonly operation_list: string[];
}

/** Names match in any case of letters; each trace name stands once, whichever editions of the service have it. */
export function listOperations(serviceType?: string, resourceType?: string): OperationGroup[] {
  const groups = new Map<string, OperationGroup>();
  for (const { service_type: service, resource_type: resource, trace_name: name } of catalogue.operations) {
    if (!sameName(service, serviceType) || !sameName(resource, resourceType)) continue;
    const key = `${service}\0${resource}`;
    const group = groups.get(key) ?? { service_type: service, resource_type: resource, operation_list: [] };
    groups.set(key, group);
    if (!group.operation_list.includes(name)) group.operation_list.push(name);
  }
  return [...groups.values()];
}

/** Whether `name` is the wanted one in any case of letters; everything is where nothing is wanted. */
export function sameName(name: string, wanted: string | undefined): boolean {
  return wanted === undefined || wanted === '' || name.toLowerCase() === wanted.toLowerCase();
}

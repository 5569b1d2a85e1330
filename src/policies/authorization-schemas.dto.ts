/** The wire shapes of `/v5/authorization-schemas` and `/v5/policies/validate` (domain/iam.md §1.4, §2.5). */
import { z } from 'zod';
import { recordText } from '../identity/index.js';
import { keyFact } from './core/condition-keys.js';
import type { CatalogueAction, Finding } from './core/policy-language.js';
import { renderFinding } from './core/policy-language.js';

export const servicePathSchema = z.object({ service_code: recordText(64) });
export type ServicePath = z.infer<typeof servicePathSchema>;

export const validatePolicySchema = z.object({
  policy_document: z.string().max(131_072).meta({ description: 'The document, as JSON text; of any version.' }),
  policy_type: z.enum(['identity_policy', 'service_control_policy']).default('identity_policy'),
});
export type ValidatePolicyBody = z.infer<typeof validatePolicySchema>;

const position = z.object({ line: z.int(), column: z.int(), offset: z.int() });
export const findingsSchema = z.object({
  findings: z.array(
    z.object({
      finding_type: z.enum(['error', 'security_warning', 'warning', 'suggestion']),
      issue_code: z.string(),
      error_code: z.string().nullable(),
      finding_details: z.string(),
      learn_more_link: z.string(),
      locations: z.array(
        z.object({
          path: z.array(z.union([z.object({ value: z.string() }), z.object({ index: z.int() })])),
          span: z.object({ start: position, end: position }),
        }),
      ),
    }),
  ),
});

export const serviceListSchema = z.object({
  service_codes: z.array(z.string()),
  page_info: z.object({ current_count: z.int() }),
});
export type ServiceListAnswer = z.infer<typeof serviceListSchema>;

const description = z.object({ en_US: z.string() });
export const schemaAnswerSchema = z.object({
  version: z.string(),
  actions: z.array(
    z.object({
      name: z.string(),
      access_level: z.string().nullable().meta({ description: 'Null where no document says.' }),
      permission_only: z.boolean(),
      description,
      aliases: z.array(z.string()),
      resources: z.array(
        z.object({ urn_template: z.string(), required: z.boolean(), condition_keys: z.array(z.string()) }),
      ),
      condition_keys: z.array(z.string()),
    }),
  ),
  resources: z.array(z.object({ type_name: z.string(), urn_template: z.string() })),
  conditions: z.array(z.object({ key: z.string(), value_type: z.string(), multi_valued: z.boolean(), description })),
  operations: z.array(z.never()).meta({ description: 'Not known here: always empty.' }),
});
export type SchemaAnswer = z.infer<typeof schemaAnswerSchema>;

export function renderFindings(findings: readonly Finding[]) {
  return { findings: findings.map(renderFinding) };
}

export function renderServices(codes: readonly string[]): ServiceListAnswer {
  return { service_codes: [...codes], page_info: { current_count: codes.length } };
}

/** @param actions all of one service that the caller can be allowed */
export function renderSchema(service: string, actions: readonly CatalogueAction[]): SchemaAnswer {
  const template = (type: string): string => `${service}:<region>:<account-id>:${type}:<resource-path>`;
  const types = [...new Set(actions.flatMap(({ resourceTypes }) => resourceTypes))].sort();
  const keys = [...new Set(actions.flatMap(({ conditionKeys }) => conditionKeys))].sort();
  return {
    version: '1',
    actions: actions.map(({ action, alias, accessLevel, resourceTypes, resourceRequired, ...rest }) => ({
      name: action,
      access_level: accessLevel,
      permission_only: false,
      description: { en_US: rest.description ?? '' },
      aliases: alias === null ? [] : [alias],
      resources: resourceTypes.map((type) => ({
        urn_template: template(type),
        required: resourceRequired,
        condition_keys: [],
      })),
      condition_keys: [...rest.conditionKeys],
    })),
    resources: types.map((type) => ({ type_name: type, urn_template: template(type) })),
    conditions: keys.map((key) => {
      const { type, multiValued } = keyFact(key) ?? { type: 'string', multiValued: false };
      return { key, value_type: type, multi_valued: multiValued, description: { en_US: '' } };
    }),
    operations: [],
  };
}

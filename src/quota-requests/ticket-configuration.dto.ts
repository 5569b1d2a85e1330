/** What a ticket can be filled in with, as the ticket API lists it (ticket API reference, "Basic ticket configuration"). */
import { z } from 'zod';
import type { Region } from '../identity/index.js';
import {
  ACCESSORIES,
  CARBON_COPIES,
  type Language,
  QUOTA_CATEGORY,
  QUOTA_PROBLEM,
  SATISFACTION_DIMENSIONS,
  SEVERITIES,
  TICKET_PARAMETERS,
  TICKET_PRODUCTS,
  TICKET_TEMPLATE,
} from './core/wire-ticket-configuration.js';

const problemView = z.object({
  business_type_id: z.string(),
  business_type_name: z.string(),
  case_type: z.string().meta({ description: '0: a consultation.' }),
  can_use_support_plan: z.boolean(),
});
export const problemListSchema = z.object({
  total_count: z.int(),
  incident_business_type_list: z.array(problemView),
});
export type ProblemList = z.infer<typeof problemListSchema>;

const productView = z.object({
  incident_product_category_id: z.string(),
  incident_product_category_name: z.string(),
  incident_product_category_desc: z.string(),
  incident_product_category_acronym: z.string(),
  can_use_support_plan: z.boolean(),
});
export const productListSchema = z.object({
  total_count: z.int(),
  incident_product_category_list: z.array(productView),
});
export type ProductList = z.infer<typeof productListSchema>;

export const categoryListSchema = z.object({
  total_count: z.int(),
  incident_sub_type_list: z.array(
    z.object({
      incident_sub_type_id: z.string(),
      incident_sub_type_name: z.string(),
      incident_product_category_list: z.array(productView),
    }),
  ),
});
export type CategoryList = z.infer<typeof categoryListSchema>;

export const severityListSchema = z.object({
  show: z.boolean(),
  severity_list: z.array(z.object({ language: z.string(), severity_name: z.string(), severity_id: z.string() })),
});
export type SeverityList = z.infer<typeof severityListSchema>;

export const regionListSchema = z.object({
  total_count: z.int(),
  data_center_list: z.array(
    z.object({
      type: z.int().meta({ description: '0: in mainland China, by its id; 1: elsewhere.' }),
      region_id: z.string(),
      region_name: z.string(),
      is_sensitive: z.int(),
    }),
  ),
});
export type RegionList = z.infer<typeof regionListSchema>;

const parameterView = z.object({
  tips: z.string(),
  required: z.int(),
  length: z.int().optional(),
  language: z.string(),
  param_key: z.string(),
  param_name: z.string(),
  param_type: z.int().meta({ description: '1: an integer; 3: a line of text; 4: one of select_item.' }),
  param_desc: z.string(),
  default_value: z.string(),
  max_value: z.int().optional(),
  min_value: z.int().optional(),
  select_item: z.string().meta({ description: 'Separated by commas.' }),
  is_show: z.int(),
  is_sensitive: z.int(),
});
export const parameterListSchema = z.object({
  extends_params: z.array(parameterView),
  common_params: z.array(
    z.object({ param_key: z.string(), param_name: z.string(), is_show: z.int(), is_required: z.int() }),
  ),
});
export type ParameterList = z.infer<typeof parameterListSchema>;

export const caseLimitsSchema = z.object({ config: z.object({ create_case_ccemail_max_count: z.int() }) });
export type CaseLimits = z.infer<typeof caseLimitsSchema>;

export const accessoryLimitsSchema = z.object({
  accessory_limit: z.object({ limit_count: z.string(), limit_size: z.string(), limit_file_type: z.string() }),
});
export type AccessoryLimits = z.infer<typeof accessoryLimitsSchema>;

export const dimensionListSchema = z.object({
  total_count: z.int(),
  satisfaction_dimension_list: z.array(
    z.object({
      value: z.int(),
      satisfaction_id: z.int(),
      satisfaction_name: z.string(),
      satisfaction_desc: z.string(),
      per_value: z.int(),
      sat_category_id: z.string(),
    }),
  ),
});
export type DimensionList = z.infer<typeof dimensionListSchema>;

export const templateListSchema = z.object({
  total_count: z.int(),
  incident_template_list: z.array(
    z.object({
      incident_template_id: z.string(),
      incident_template_name: z.string(),
      incident_template_content: z.string(),
    }),
  ),
});
export type TemplateList = z.infer<typeof templateListSchema>;

export const caseQuotasSchema = z.object({
  total: z.int().meta({ description: 'Tickets of the domain that may be open at once.' }),
  un_used: z.int().meta({ description: 'How many of them may yet be opened.' }),
});
export type CaseQuotas = z.infer<typeof caseQuotasSchema>;

const problemId = () =>
  z
    .string()
    .min(1)
    .max(512)
    .refine((id) => id === QUOTA_PROBLEM.id, 'is no problem that /config/problems lists');
const productId = () =>
  z
    .string()
    .max(64)
    .refine((id) => id === '' || TICKET_PRODUCTS.some((product) => product.id === id), {
      message: 'is no product that /config/product-categories lists',
    })
    .optional();
export const ofProblemSchema = z.object({
  business_type_id: problemId(),
  incident_sub_type_id: z.string().max(64).optional(),
  product_category_id: productId(),
});
export type OfProblem = z.infer<typeof ofProblemSchema>;
export const ofSomeProblemSchema = z.object({
  business_type_id: problemId().optional(),
  product_category_id: productId(),
});
export const productFilterSchema = z.object({ product_category_name: z.string().max(64).optional() });
export type ProductFilter = z.infer<typeof productFilterSchema>;

export function renderProblems(language: Language): ProblemList {
  const { id, name, caseType } = QUOTA_PROBLEM;
  const problem = {
    business_type_id: id,
    business_type_name: name[language],
    case_type: caseType,
    can_use_support_plan: false,
  };
  return { total_count: 1, incident_business_type_list: [problem] };
}

/** @param part of the name; '' is part of every one */
export function renderProducts(language: Language, part: string): ProductList {
  const wanted = part.toLowerCase();
  const products = TICKET_PRODUCTS.filter(({ name }) => name[language].toLowerCase().includes(wanted)).map(
    (product) => ({
      incident_product_category_id: product.id,
      incident_product_category_name: product.name[language],
      incident_product_category_desc: product.description[language],
      incident_product_category_acronym: product.acronym,
      can_use_support_plan: false,
    }),
  );
  return { total_count: products.length, incident_product_category_list: products };
}

export function renderCategories(language: Language): CategoryList {
  const { incident_product_category_list } = renderProducts(language, '');
  const { id, name } = QUOTA_CATEGORY;
  return {
    total_count: 1,
    incident_sub_type_list: [
      { incident_sub_type_id: id, incident_sub_type_name: name[language], incident_product_category_list },
    ],
  };
}

export function renderSeverities(language: Language): SeverityList {
  const list = SEVERITIES.map(({ id, name }) => ({ language, severity_name: name[language], severity_id: id }));
  return { show: true, severity_list: list };
}

/** Mainland ids begin with `cn-`; those of Hong Kong begin with `ap-`. */
export function renderRegions(regions: readonly Region[], language: Language): RegionList {
  const list = regions.map(({ id, details }) => ({
    type: id.startsWith('cn-') ? 0 : 1,
    region_id: id,
    region_name: details.names[language] ?? id,
    is_sensitive: 0,
  }));
  return { total_count: list.length, data_center_list: list };
}

/** @param quotaKeys of the product that is asked about */
export function renderParameters(
  language: Language,
  quotaKeys: readonly string[],
  scopeKinds: readonly string[],
): ParameterList {
  const choices: Readonly<Record<string, readonly string[]>> = { quota_key: quotaKeys, scope_kind: scopeKinds };
  const shown = TICKET_PARAMETERS.map((parameter) => ({
    tips: '',
    required: Number(parameter.required),
    ...(parameter.length !== null && { length: parameter.length }),
    language,
    param_key: parameter.key,
    param_name: parameter.name[language],
    param_type: parameter.type,
    param_desc: parameter.description[language],
    default_value: '',
    ...(parameter.range !== null && { max_value: parameter.range.most, min_value: parameter.range.least }),
    select_item: (choices[parameter.key] ?? []).join(','),
    is_show: 1,
    is_sensitive: 0,
  }));
  return { extends_params: shown, common_params: [] };
}

export function renderLimits(): CaseLimits {
  return { config: { create_case_ccemail_max_count: CARBON_COPIES } };
}

/** No files are kept: none may be named in a ticket either. */
export function renderAccessoryLimits(): AccessoryLimits {
  return { accessory_limit: { limit_count: String(ACCESSORIES), limit_size: '0', limit_file_type: '' } };
}

export function renderDimensions(language: Language): DimensionList {
  const list = SATISFACTION_DIMENSIONS.map(({ id, name, description, most, perValue, category }) => ({
    value: most,
    satisfaction_id: id,
    satisfaction_name: name[language],
    satisfaction_desc: description[language],
    per_value: perValue,
    sat_category_id: category,
  }));
  return { total_count: list.length, satisfaction_dimension_list: list };
}

export function renderTemplates(language: Language): TemplateList {
  const { id, name, content } = TICKET_TEMPLATE;
  const template = {
    incident_template_id: id,
    incident_template_name: name[language],
    incident_template_content: content[language],
  };
  return { total_count: 1, incident_template_list: [template] };
}

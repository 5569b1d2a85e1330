/** What tickets can be filled in with, as it is kept (data/tickets.json). */
import file from '../data/tickets.json' with { type: 'json' };

/** The same in each language that is offered. */
export type Wording = Readonly<Record<Language, string>>;
export type Language = 'en-us' | 'zh-cn';

/** 1 an integer, 3 a line of text, 4 one of a list (ListExtendsParams). */
export type ParameterType = 1 | 3 | 4;

export interface TicketParameter {
  readonly key: string;
  readonly type: ParameterType;
  readonly required: boolean;
  /** Characters; null for numbers. */
  readonly length: number | null;
  readonly range: { readonly least: number; readonly most: number } | null;
  readonly name: Wording;
  readonly description: Wording;
}

interface ParameterInFile {
  readonly key: string;
  readonly type: number;
  readonly required: boolean;
  readonly length?: number;
  readonly min?: number;
  readonly max?: number;
  readonly name: Wording;
  readonly description: Wording;
}

const [PROBLEM] = file.problems;
const [CATEGORY] = file.categories;
if (PROBLEM === undefined || CATEGORY === undefined) throw new Error('tickets.json names no problem and category');

/** The one problem that tickets are filed for here. `caseType` 0: a consultation, which needs no region. */
export const QUOTA_PROBLEM = { id: PROBLEM.id, name: PROBLEM.name satisfies Wording, caseType: PROBLEM.case_type };
export const QUOTA_CATEGORY = { id: CATEGORY.id, name: CATEGORY.name satisfies Wording };
export const TICKET_SOURCE = { id: file.source_id.id, name: file.source_id.name satisfies Wording };
export const DEFAULT_TIME_ZONE = file.default_time_zone.value;
export const SEVERITIES: readonly { readonly id: string; readonly name: Wording }[] = file.severities;
export const TICKET_TEMPLATE = file.template;
export const CARBON_COPIES = file.carbon_copies.most;
export const ACCESSORIES = file.accessories.most;
/** An urge sooner after the last one is refused. */
export const MINUTES_BETWEEN_PRESSES = file.least_minutes_between_presses.value;

/** `edition`: of the quotas that the product stands for. */
export const TICKET_PRODUCTS: readonly {
  readonly id: string;
  readonly edition: string;
  readonly acronym: string;
  readonly name: Wording;
  readonly description: Wording;
}[] = file.product_categories;

/** `most`: the best value; the least is 1. */
export const SATISFACTION_DIMENSIONS = file.satisfaction_dimensions.map(({ id, name, description, ...rest }) => ({
  id,
  name,
  description,
  most: rest.most,
  perValue: rest.per_value,
  category: rest.category,
}));

export const TICKET_PARAMETERS: readonly TicketParameter[] = (file.extends_params as readonly ParameterInFile[]).map(
  ({ key, type, required, length, min, max, name, description }) => ({
    key,
    type: type === 1 || type === 4 ? type : 3,
    required,
    length: length ?? null,
    range: min === undefined || max === undefined ? null : { least: min, most: max },
    name,
    description,
  }),
);

/** The language of the header `X-Language`: English for every kind of it, else Chinese, as the reference has it. */
export function languageOf(header: string | undefined): Language {
  return /^en(?:[-_]|$)/i.test(header ?? '') ? 'en-us' : 'zh-cn';
}

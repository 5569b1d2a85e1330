/** The forms that variables of the configuration take, and what is told of each. */
import { z } from 'zod';

/** What the generated documentation and the log redaction need to know of a variable. */
export interface VariableMeta {
  readonly group:
    | 'Service'
    | 'Postgres'
    | 'Kafka'
    | 'Ingest'
    | 'Query'
    | 'Retention'
    | 'Security'
    | 'Quotas'
    | 'Webhooks'
    | 'First administrator';
  readonly description: string;
  readonly secret?: boolean;
  /** An example for `.env.example` where the default is empty. */
  readonly example?: string;
}

const registry = z.registry<VariableMeta>();

export function variable<T extends z.ZodType>(schema: T, meta: VariableMeta): T {
  registry.add(schema, meta);
  return schema;
}

export function metaOf(schema: z.ZodType): VariableMeta | undefined {
  return registry.get(schema);
}

export const integer = (fallback: number, minimum: number, maximum: number) =>
  z.coerce.number().int().min(minimum).max(maximum).default(fallback);
export const flag = (fallback: boolean) =>
  z
    .enum(['true', 'false', '1', '0'])
    .transform((value) => value === 'true' || value === '1')
    .default(fallback);
export const optionalText = () => z.string().min(1).optional();
export const list = () =>
  z.string().transform((value) =>
    value
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  );
export const identifier = () =>
  z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, '1 to 64 letters, digits, "_" or "-"')
    .optional();

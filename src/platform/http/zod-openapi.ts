/** Describes zod schemas in the OpenAPI document. */
import { ApiBody, ApiParam, ApiQuery, ApiResponse } from '@nestjs/swagger';
import { z } from 'zod';

/** The part of JSON Schema that is looked into here; the rest is passed on as it is. */
interface JsonObjectSchema {
  readonly properties?: Readonly<Record<string, Record<string, unknown>>>;
  readonly required?: readonly string[];
}

/**
 * Documents an answer; its schema is for readers and for tests, the answer itself is not checked at run time.
 *
 * @param otherTypes media types that it has besides JSON, where the caller asks for them
 */
export function ApiZodResponse(
  status: number,
  schema: z.ZodType,
  description = '',
  otherTypes: readonly string[] = [],
): MethodDecorator {
  return ApiResponse({
    status,
    description,
    content: {
      'application/json': { schema: jsonSchema(schema, 'output') },
      ...Object.fromEntries(otherTypes.map((type) => [type, {}])),
    },
  });
}

export function documentBody(schema: z.ZodType): MethodDecorator {
  return ApiBody({ required: !schema.safeParse(undefined).success, schema: jsonSchema(schema, 'input') });
}

export function documentQuery(schema: z.ZodType): MethodDecorator {
  return forEachMember(schema, (name, member, required) =>
    ApiQuery({ name, required, schema: member, ...described(member) }),
  );
}

export function documentParams(schema: z.ZodType): MethodDecorator {
  return forEachMember(schema, (name, member) => ApiParam({ name, schema: member, ...described(member) }));
}

function forEachMember(
  schema: z.ZodType,
  decorate: (name: string, member: Record<string, unknown>, required: boolean) => MethodDecorator,
): MethodDecorator {
  const { properties = {}, required = [] } = jsonSchema(schema, 'input') as JsonObjectSchema;
  const decorators = Object.entries(properties).map(([name, member]) =>
    decorate(name, member, required.includes(name)),
  );
  return (target, key, descriptor) => {
    // Swagger puts each new parameter last, as the reader expects it.
    for (const decorator of decorators) decorator(target, key, descriptor);
  };
}

function described(member: Record<string, unknown>): { description?: string } {
  return typeof member.description === 'string' ? { description: member.description } : {};
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}

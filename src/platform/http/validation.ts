/** Checks requests against zod schemas and reports every problem in one go, each with its place. */
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { AppError, type Problem } from '../../kernel/errors.js';
import { codeFor, familyOf } from './api-family.js';
import { nearest } from './nearest.js';
import { documentBody, documentParams, documentQuery } from './zod-openapi.js';

export interface ValidationOptions {
  /** Wire code of a refusal, or how it follows from the faults. Default: that of the path's API family, e.g. `CTS.0300` for a CTS query. */
  readonly code?: string | ((problems: readonly Problem[]) => string);
  /** Query parameters the schema does not name: refused (default on native `/v1` paths) or ignored (default elsewhere). */
  readonly unknown?: 'refuse' | 'ignore';
}

type Part = 'query' | 'body' | 'path';

/** The parsed query. Documents its parameters. */
export const ApiZodQuery = <S extends z.ZodType>(schema: S, options: ValidationOptions = {}): ParameterDecorator =>
  both(validated('query', schema, options), documentQuery(schema));

/** The parsed JSON body. Documents it. */
export const ApiZodBody = <S extends z.ZodType>(schema: S, options: ValidationOptions = {}): ParameterDecorator =>
  both(validated('body', schema, options), documentBody(schema));

/** The parsed path parameters. Documents them. */
export const ApiZodParams = <S extends z.ZodType>(schema: S, options: ValidationOptions = {}): ParameterDecorator =>
  both(validated('path', schema, options), documentParams(schema));

function both(parameter: ParameterDecorator, document: MethodDecorator): ParameterDecorator {
  return (target, key, index) => {
    parameter(target, key, index);
    if (key === undefined) return;
    const descriptor = Object.getOwnPropertyDescriptor(target, key);
    if (descriptor) document(target, key, descriptor);
  };
}

function validated(part: Part, schema: z.ZodType, options: ValidationOptions): ParameterDecorator {
  return createParamDecorator((_: unknown, context: ExecutionContext): unknown => {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const family = familyOf(request.url);
    const given: unknown = { query: request.query, body: request.body, path: request.params }[part];
    const refuseUnknown =
      part === 'query' && (options.unknown ?? (family === 'native' ? 'refuse' : 'ignore')) === 'refuse';
    const checked = check(part, schema, given, refuseUnknown);
    if (checked.problems.length === 0) return checked.value;
    const code = typeof options.code === 'function' ? options.code(checked.problems) : options.code;
    throw new AppError(code ?? codeFor(part === 'body' ? 'badBody' : 'badQuery', family), 'The request is not valid', {
      problems: checked.problems,
    });
  })();
}

export interface Checked<T> {
  readonly value: T | undefined;
  readonly problems: readonly Problem[];
}

/** Checks one part of a request; `problems` is empty exactly when `value` is the parsed one. */
export function check<S extends z.ZodType>(
  part: Part,
  schema: S,
  given: unknown,
  refuseUnknown = false,
): Checked<z.infer<S>> {
  // Without its input an issue does not tell a value of another type from one that is missing.
  const parsed = schema.safeParse(part === 'body' ? given : (given ?? {}), { reportInput: true });
  const problems = parsed.success ? [] : parsed.error.issues.flatMap((issue) => problemsOf(part, issue, schema));
  if (refuseUnknown) problems.push(...unknownMembers(part, schema, given));
  return { value: problems.length === 0 ? parsed.data : undefined, problems };
}

function problemsOf(part: Part, issue: z.core.$ZodIssue, schema: z.ZodType): Problem[] {
  if (issue.code === 'unrecognized_keys') {
    const known = issue.path.length === 0 ? membersOf(schema) : [];
    return issue.keys.map((key) => unknownMember(renderPath(part, [...issue.path, key]), key, known));
  }
  const missing = issue.code === 'invalid_type' && issue.input === undefined;
  return [{ path: renderPath(part, issue.path), message: missing ? 'is required' : issue.message }];
}

function unknownMembers(part: Part, schema: z.ZodType, given: unknown): Problem[] {
  if (typeof given !== 'object' || given === null) return [];
  const known = membersOf(schema);
  return Object.keys(given)
    .filter((key) => !known.includes(key))
    .map((key) => unknownMember(renderPath(part, [key]), key, known));
}

function unknownMember(path: string, key: string, known: readonly string[]): Problem {
  const similar = nearest(key, known);
  return { path, message: similar === null ? 'is not known' : `is not known; did you mean ${similar}?` };
}

/** Names of the members of an object schema, also inside `pipe`, `refine`, `optional`, `default`. */
export function membersOf(schema: z.core.$ZodType): readonly string[] {
  const { def } = schema._zod;
  if ('shape' in def) return Object.keys(def.shape as object);
  if ('innerType' in def) return membersOf(def.innerType as z.core.$ZodType);
  return 'in' in def ? membersOf(def.in as z.core.$ZodType) : [];
}

/** `body.projects[0].name`. */
function renderPath(part: Part, path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, segment) => (typeof segment === 'number' ? `${text}[${String(segment)}]` : `${text}.${String(segment)}`),
    part,
  );
}

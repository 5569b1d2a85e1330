/** Completes the OpenAPI document by what every route has in common: its refusals, and path parameters nobody described. */
import type { OpenAPIObject } from '@nestjs/swagger';
import { type ApiFamily, familyOf } from './api-family.js';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

interface Route {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

const METHODS = ['get', 'head', 'post', 'put', 'patch', 'delete'] as const;

/** Refused before a route is looked at: too late, too large, too long, not JSON, too often; and while the database is away. */
const ANYWHERE = [400, 408, 413, 414, 415, 429, 431, 503];
/** No token, no right, and what is not there or another domain's. */
const GUARDED = [401, 403, 404];
/** Against what is there, another wish under the same key, a condition that does not hold. */
const WRITING = [409, 412];
const IDEMPOTENCY_KEY = 'Idempotency-Key';

const TEXT = { type: 'string' } as const;
const PROBLEM = {
  type: 'object',
  required: ['path', 'message'],
  properties: { path: { ...TEXT, description: 'Where, e.g. `body.projects[0].name`.' }, message: TEXT },
} as const;

/** Members of a family's refusals beside those that all have (`error-response.ts`). */
const FAMILY_MEMBERS: Readonly<Record<ApiFamily, Readonly<Record<string, object>>>> = {
  iam: {
    error: {
      type: 'object',
      required: ['code', 'message', 'title'],
      properties: { code: { type: 'integer', description: 'The status.' }, message: TEXT, title: TEXT },
    },
  },
  swr: {
    errorCode: TEXT,
    errorMessage: TEXT,
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['errorCode', 'errorMessage', 'detail'],
        properties: { errorCode: TEXT, errorMessage: TEXT, detail: TEXT },
      },
    },
  },
  iam5: {},
  cts: {},
  osm: {},
  native: {},
};

const RESPONSE_NAMES: Readonly<Record<ApiFamily, string>> = {
  iam: 'IamRefusal',
  swr: 'SwrRefusal',
  iam5: 'Refusal',
  cts: 'Refusal',
  osm: 'Refusal',
  native: 'Refusal',
};

/** To HEAD nothing is said but the status. */
const BODYLESS = 'BodylessRefusal';
const REFUSED = 'Refused; `error_code` says why, by the table of docs/api.md.';

/** The document with its refusals; the one that is given is not changed. */
export function withRefusals(document: OpenAPIObject): OpenAPIObject {
  const paths = Object.fromEntries(
    Object.entries(document.paths).map(([path, item]) => [
      path,
      {
        ...item,
        ...Object.fromEntries(
          METHODS.flatMap((method) => {
            const operation = item[method];
            return operation === undefined ? [] : [[method, completed({ method, path, operation })]];
          }),
        ),
      },
    ]),
  );
  const responses = Object.fromEntries(
    Object.entries(RESPONSE_NAMES).map(([family, name]) => [name, refusalOf(family as ApiFamily)]),
  );
  return {
    ...document,
    paths,
    components: { ...document.components, responses: { ...responses, [BODYLESS]: { description: REFUSED } } },
  };
}

/** Statuses with which a route may refuse, in rising order. */
function refusalsOf({ method, operation }: Route): number[] {
  const reads = method === 'get' || method === 'head';
  const keyed = (operation.parameters ?? []).some((given) => 'name' in given && given.name === IDEMPOTENCY_KEY);
  return [
    ...ANYWHERE,
    ...(operation.security === undefined ? [] : GUARDED),
    ...(reads ? [] : WRITING),
    ...(keyed ? [422] : []),
  ].sort((a, b) => a - b);
}

function completed(route: Route): Operation {
  const { method, path, operation } = route;
  const name = method === 'head' ? BODYLESS : RESPONSE_NAMES[familyOf(path)];
  const refusals = Object.fromEntries(
    refusalsOf(route).map((status) => [String(status), { $ref: `#/components/responses/${name}` }]),
  );
  const parameters = [...(operation.parameters ?? []), ...undescribed(route)];
  return {
    ...operation,
    ...(parameters.length > 0 && { parameters }),
    responses: { ...refusals, ...operation.responses },
  };
}

/** A name in the path is a parameter, whether its handler reads it or only the guard does. */
function undescribed({ path, operation }: Route) {
  const described = new Set((operation.parameters ?? []).map((given) => ('name' in given ? given.name : '')));
  return [...path.matchAll(/\{(\w+)\}/g)]
    .map(([, name = '']) => name)
    .filter((name) => !described.has(name))
    .map((name) => ({ name, in: 'path' as const, required: true, schema: TEXT }));
}

function refusalOf(family: ApiFamily) {
  const members = FAMILY_MEMBERS[family];
  const schema = {
    type: 'object',
    required: ['error_code', 'error_msg', 'request_id', ...Object.keys(members)],
    properties: {
      error_code: TEXT,
      error_msg: TEXT,
      request_id: { ...TEXT, description: 'As in `X-Request-Id`.' },
      problems: { type: 'array', items: PROBLEM, description: 'Everything that is wrong with the request.' },
      ...members,
    },
  };
  return { description: REFUSED, content: { 'application/json': { schema } } };
}

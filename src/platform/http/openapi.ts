/** The OpenAPI document: built from the running routes, in a stable order, and served with its reader. */
import { type INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { withRefusals } from './openapi-refusals.js';
import { SECURITY_SCHEME } from './requires.js';

/** Needs no running server: an application that was created, and initialised, is enough. */
export function buildOpenApi(app: INestApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Quaestor')
    .setDescription('Audit log and quota governance of a container-registry cloud.')
    .setVersion('1')
    .addApiKey(
      { type: 'apiKey', in: 'header', name: 'X-Auth-Token', description: 'From `POST /v3/auth/tokens`.' },
      SECURITY_SCHEME,
    )
    .build();
  return withRefusals(
    SwaggerModule.createDocument(app, config, {
      operationIdFactory: (controller, method) => `${controller.replace(/Controller$/, '')}_${method}`,
    }),
  );
}

/** The document as text, the same for the same routes, in whatever order their modules were loaded. */
export function openApiText(app: INestApplication): string {
  return `${JSON.stringify(sorted(buildOpenApi(app)), null, 2)}\n`;
}

/** Serves `/openapi.json` and its reader at `/docs`, all from this process. To be called before the application listens. */
export function serveOpenApi(app: INestApplication): void {
  let document: OpenAPIObject | undefined;
  SwaggerModule.setup('docs', app, () => (document ??= buildOpenApi(app)), {
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
    customSiteTitle: 'Quaestor API',
    swaggerOptions: { persistAuthorization: false, validatorUrl: null },
  });
}

/** Members in the order of their names; lists keep theirs, which has a meaning. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => [name, sorted(member)]),
  );
}

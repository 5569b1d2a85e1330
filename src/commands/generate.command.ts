/** `npm run generate [-- --check]`: writes, or compares, the files that follow from the code. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { NestFactory } from '@nestjs/core';
import { AppModule } from '../app.module.js';
import { describeVariables } from '../platform/config/config.schema.js';
import { loadConfig } from '../platform/config/load-config.js';
import { openApiText } from '../platform/http/openapi.js';
import { silentLogger } from '../platform/logging/logger.js';
import { environmentExample, withConfigurationTable } from './configuration-docs.js';

/** File, and its text as it should be now, given the text it has. */
type Generated = readonly [file: string, text: (present: string) => string];

/** Exit code: 0 written or up to date, 1 stale (with `--check`), 2 wrong usage. Works in the project's folder. */
export async function generateCommand(args: readonly string[]): Promise<number> {
  if (args.some((arg) => arg !== '--check')) {
    console.error('usage: npm run generate [-- --check]');
    return 2;
  }
  const openApi = await currentOpenApi();
  const variables = describeVariables();
  const files: Generated[] = [
    ['openapi.json', () => openApi],
    ['.env.example', () => environmentExample(variables)],
    ['docs/configuration.md', (present) => withConfigurationTable(present, variables)],
  ];
  const stale = files.filter(([file, text]) => {
    const present = existsSync(file) ? readFileSync(file, 'utf8') : '';
    const wanted = text(present);
    if (wanted !== present && !args.includes('--check')) writeFileSync(file, wanted);
    return wanted !== present;
  });
  const names = stale.map(([file]) => file);
  console.log(JSON.stringify(args.includes('--check') ? { stale: names } : { written: names }));
  if (!args.includes('--check') || stale.length === 0) return 0;
  console.error(`not up to date: ${names.join(', ')}; run: npm run generate`);
  return 1;
}

/** In preview mode Nest knows the routes and constructs nothing, so no database or broker is needed. */
async function currentOpenApi(): Promise<string> {
  const settings = {
    config: loadConfig({}),
    databaseUrl: 'postgres://nowhere',
    brokers: ['nowhere:0'],
    encryptionKey: Buffer.alloc(32),
    logger: silentLogger(),
    migrations: [],
  };
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.forRoot(settings), new FastifyAdapter(), {
    preview: true,
    logger: false,
  });
  return openApiText(app);
}

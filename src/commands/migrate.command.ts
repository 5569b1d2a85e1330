/** `npm run migrate`: brings the schema of `DATABASE_URL` up to date, as a deployment's job does before the new release starts. */
import { DataSource } from 'typeorm';
import { migrations } from '../../migrations/index.js';
import { ConfigError, loadConfig } from '../platform/config/load-config.js';
import { dataSourceOptions } from '../platform/database/data-source.js';
import { migrate } from '../platform/database/migrate.js';

export async function migrateCommand(): Promise<number> {
  const config = loadConfig();
  if (config.DATABASE_URL === undefined)
    throw new ConfigError(['DATABASE_URL: is required; the embedded database is migrated by npm start']);
  const dataSource = await new DataSource(
    dataSourceOptions({
      url: config.DATABASE_URL,
      poolSize: 2,
      readPoolSize: 1,
      connectTimeoutMs: config.DATABASE_CONNECT_TIMEOUT_MS,
      queryTimeoutMs: config.QUERY_TIMEOUT_MS,
      migrations,
      onPoolError: (error) => console.error(`a database connection was lost: ${error.message}`),
    }),
  ).initialize();
  try {
    const applied = await migrate(dataSource);
    console.log(JSON.stringify({ applied }));
    return 0;
  } finally {
    await dataSource.destroy();
  }
}

/** Ready means: both pools reach Postgres, and the schema is the one this release was built for. */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Database } from '../database/database.js';
import { pendingMigrations } from '../database/migrate.js';
import { pingDatabase } from './database-ping.store.js';
import { Readiness } from './readiness.js';

@Injectable()
export class DatabaseChecks implements OnModuleInit {
  constructor(
    private readonly readiness: Readiness,
    private readonly database: Database,
    private readonly dataSource: DataSource,
  ) {}

  onModuleInit(): void {
    this.readiness.add({
      name: 'database',
      check: () => pingDatabase(this.database),
    });
    this.readiness.add({
      name: 'migrations',
      check: async () => {
        const pending = await pendingMigrations(this.dataSource);
        if (pending.length > 0) throw new Error(`migrations not applied: ${pending.join(', ')}`);
      },
    });
  }
}

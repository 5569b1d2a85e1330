/** Tells how busy the two database pools are. */
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { Pool } from 'pg';
import { DataSource } from 'typeorm';
import { READ_POOL } from '../database/database.js';
import { Metrics } from './metrics.js';

type PoolCounts = Pick<Pool, 'totalCount' | 'idleCount' | 'waitingCount'>;

@Injectable()
export class PoolMetrics implements OnModuleInit {
  constructor(
    private readonly metrics: Metrics,
    private readonly dataSource: DataSource,
    @Inject(READ_POOL) private readonly readPool: Pool,
  ) {}

  onModuleInit(): void {
    const pools = (): [string, PoolCounts | null][] => [
      ['write', writingPool(this.dataSource)],
      ['read', this.readPool],
    ];
    const gauge = (name: string, help: string, count: (pool: PoolCounts) => number): void => {
      this.metrics.gauge({
        name,
        help,
        labelNames: ['pool'],
        collect() {
          for (const [pool, counts] of pools()) if (counts) this.set({ pool }, count(counts));
        },
      });
    };
    gauge('quaestor_db_pool_connections', 'Open database connections.', (pool) => pool.totalCount);
    gauge('quaestor_db_pool_busy', 'Database connections in use.', (pool) => pool.totalCount - pool.idleCount);
    gauge('quaestor_db_pool_waiting', 'Callers waiting for a database connection.', (pool) => pool.waitingCount);
  }
}

/** TypeORM's Postgres driver keeps its pool in `master`. */
function writingPool({ driver }: DataSource): PoolCounts | null {
  if (!('master' in driver) || typeof driver.master !== 'object' || driver.master === null) return null;
  return 'waitingCount' in driver.master ? (driver.master as PoolCounts) : null;
}

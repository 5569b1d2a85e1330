/** The services behind the API, on a database, without Nest: for processes that are killed, and for models that race. */
import { DataSource } from 'typeorm';
import { createReadPool, dataSourceOptions } from '../../../src/platform/database/data-source.js';
import { Database } from '../../../src/platform/database/database.js';
import { CatalogueService } from '../../../src/quotas/catalogue.service.js';
import { SEEDS } from '../../../src/quotas/core/wire-definition.js';
import { CountersStore } from '../../../src/quotas/counters.store.js';
import { DefinitionsStore } from '../../../src/quotas/definitions.store.js';
import { LedgerBook } from '../../../src/quotas/ledger-book.service.js';
import { LedgerStore } from '../../../src/quotas/ledger.store.js';
import { ReservationBatch } from '../../../src/quotas/reservation-batch.service.js';
import { ReservationEnd } from '../../../src/quotas/reservation-end.service.js';
import { ReservationQueue } from '../../../src/quotas/reservation-queue.js';
import { ReservationsStore } from '../../../src/quotas/reservations.store.js';

export async function openQuotas(url: string, poolSize = 6) {
  const settings = {
    url,
    poolSize,
    readPoolSize: 1,
    connectTimeoutMs: 10_000,
    queryTimeoutMs: 10_000,
    migrations: [],
    onPoolError: () => undefined,
  };
  const dataSource = await new DataSource(dataSourceOptions(settings)).initialize();
  const database = new Database(dataSource, createReadPool(settings));
  const definitions = new DefinitionsStore(database);
  await definitions.seed(SEEDS);
  const catalogue = new CatalogueService(database, definitions);
  const counters = new CountersStore();
  const reservations = new ReservationsStore();
  const book = new LedgerBook(new LedgerStore(), counters);
  const batch = new ReservationBatch(database, counters, reservations, catalogue);
  return {
    database,
    counters,
    reservations,
    batch,
    queue: new ReservationQueue((asks) => batch.run(asks)),
    end: new ReservationEnd(database, counters, reservations, book, catalogue),
    close: async () => {
      await dataSource.destroy();
      await database.onApplicationShutdown();
    },
  };
}
export type OpenQuotas = Awaited<ReturnType<typeof openQuotas>>;

/** All migrations in order of time. One that has been merged is never edited: the next one mends it. */
import { Traces1795000000000 } from './1795000000000-traces.js';
import { Identity1795000100000 } from './1795000100000-identity.js';
import { DeadLetters1795000200000 } from './1795000200000-dead-letters.js';
import { DeadLetterHeaders1795000300000 } from './1795000300000-dead-letter-headers.js';
import { TraceDepartures1795000310000 } from './1795000310000-trace-departures.js';
import { Directory1795000400000 } from './1795000400000-directory.js';
import { RegionsAndIdempotency1795000600000 } from './1795000600000-regions-and-idempotency.js';
import { Policies1795000800000 } from './1795000800000-policies.js';
import { Administrators1795000900000 } from './1795000900000-administrators.js';
import { Quotas1795010000000 } from './1795010000000-quotas.js';
import { QuotaRequests1795040000000 } from './1795040000000-quota-requests.js';

export const migrations = [
  Traces1795000000000,
  Identity1795000100000,
  DeadLetters1795000200000,
  DeadLetterHeaders1795000300000,
  TraceDepartures1795000310000,
  Directory1795000400000,
  RegionsAndIdempotency1795000600000,
  Policies1795000800000,
  Administrators1795000900000,
  Quotas1795010000000,
  QuotaRequests1795040000000,
];

/** All migrations in order of time. One that has been merged is never edited: the next one mends it. */
import { Traces1795000000000 } from './1795000000000-traces.js';
import { Identity1795000100000 } from './1795000100000-identity.js';
import { DeadLetters1795000200000 } from './1795000200000-dead-letters.js';
import { Directory1795000400000 } from './1795000400000-directory.js';
import { Quotas1795010000000 } from './1795010000000-quotas.js';

export const migrations = [
  Traces1795000000000,
  Identity1795000100000,
  DeadLetters1795000200000,
  Directory1795000400000,
  Quotas1795010000000,
];

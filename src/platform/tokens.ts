/** Injection tokens of what the process knows from its start on. */
export const CONFIG = Symbol('CONFIG');
export const CLOCK = Symbol('CLOCK');
/** 32 bytes; encrypts what must be readable again: access-key secrets and signing keys. */
export const ENCRYPTION_KEY_TOKEN = Symbol('ENCRYPTION_KEY');
/** Interfaces of `kafka/log-consumer.ts`. */
export const LOG_CONSUMER = Symbol('LOG_CONSUMER');
export const LOG_INSPECTOR = Symbol('LOG_INSPECTOR');
export const LOG_PRODUCER = Symbol('LOG_PRODUCER');
/** `DatabaseSettings` of `database/data-source.ts`, for a connection beside the pools. */
export const DATABASE_SETTINGS = Symbol('DATABASE_SETTINGS');

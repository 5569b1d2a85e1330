/** The service's log: one JSON line per event on standard output, without secrets. */
import { Injectable } from '@nestjs/common';
import { type DestinationStream, type Logger as Pino, pino } from 'pino';
import { redact, SecretFilter } from './redaction.js';

export type LogFields = Readonly<Record<string, unknown>>;
export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace';

export interface LoggerSettings {
  readonly level: LogLevel | 'silent';
  /** Values that must never come out, wherever they stand in a line. */
  readonly secrets: readonly string[];
  /** Absent: standard output. */
  readonly destination?: DestinationStream;
}

/** `error` in the fields is written with its causes and without the data that drivers add to it. */
@Injectable()
export class Logger {
  constructor(private readonly pino: Pino) {}

  fatal(message: string, fields?: LogFields): void {
    this.write('fatal', message, fields);
  }
  error(message: string, fields?: LogFields): void {
    this.write('error', message, fields);
  }
  warn(message: string, fields?: LogFields): void {
    this.write('warn', message, fields);
  }
  info(message: string, fields?: LogFields): void {
    this.write('info', message, fields);
  }
  debug(message: string, fields?: LogFields): void {
    this.write('debug', message, fields);
  }
  trace(message: string, fields?: LogFields): void {
    this.write('trace', message, fields);
  }

  isEnabled(level: LogLevel): boolean {
    return this.pino.isLevelEnabled(level);
  }

  /** A logger that adds `fields` to each of its lines. */
  child(fields: LogFields): Logger {
    return new Logger(this.pino.child(redact(fields) as LogFields));
  }

  private write(level: LogLevel, message: string, fields: LogFields = {}): void {
    if (!this.pino.isLevelEnabled(level)) return;
    this.pino[level](redact(fields), String(redact(message)));
  }
}

export function createLogger(settings: LoggerSettings): Logger {
  const filter = new SecretFilter(settings.secrets);
  const options = {
    level: settings.level,
    base: { pid: process.pid },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    hooks: { streamWrite: (line: string) => filter.apply(line) },
  };
  return new Logger(settings.destination === undefined ? pino(options) : pino(options, settings.destination));
}

/** For tests and tools that want silence. */
export function silentLogger(): Logger {
  return createLogger({ level: 'silent', secrets: [] });
}

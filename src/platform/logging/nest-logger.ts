/** Lets Nest's own messages go to the service's log. */
import type { LoggerService } from '@nestjs/common';
import type { Logger, LogLevel } from './logger.js';

/** What the framework tells of each module, route and provider at `log` level is of use only to those who look into the start. */
const FRAMEWORK = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
  'TypeOrmModule',
]);

export class NestLogger implements LoggerService {
  constructor(private readonly target: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    const context = rest.at(-1);
    this.write(typeof context === 'string' && !FRAMEWORK.has(context) ? 'info' : 'debug', message, rest);
  }
  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }
  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }
  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }
  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }
  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  /** Nest passes a context as the last parameter and, for errors, a stack before it. */
  private write(level: LogLevel, message: unknown, rest: readonly unknown[]): void {
    const context = rest.at(-1);
    const error = message instanceof Error ? message : rest.find((item) => item instanceof Error);
    const fields = {
      ...(typeof context === 'string' ? { context } : {}),
      ...(error === undefined ? {} : { error }),
    };
    if (typeof message === 'string') this.target[level](message, fields);
    // As a field it is redacted by its structure; as text it could not be.
    else if (message instanceof Error) this.target[level]('an error was reported', fields);
    else this.target[level]('a message without text', { ...fields, detail: message });
  }
}

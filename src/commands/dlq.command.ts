/** Opens the API that `npm run dlq` works on, and hands over to the traces capability. */
import { loadConfig } from '../platform/config/load-config.js';
import { deadLettersCommand } from '../traces/dead-letters.command.js';
import { apiOfRunningService } from './api-client.js';

export function dlq(args: readonly string[]): Promise<number> {
  return deadLettersCommand(args, {
    open: () => apiOfRunningService(loadConfig()),
    stdout: (line) => console.log(line),
    stderr: (line) => console.error(line),
  });
}

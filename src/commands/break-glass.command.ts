/** Opens the database that `npm run break-glass` works on, and hands over to the policies capability. */
import { BreakGlass, breakGlassCommand } from '../policies/index.js';
import { openServiceContext } from './service-context.js';
import { printable } from './terminal.js';

export async function breakGlass(args: readonly string[]): Promise<number> {
  let close: () => Promise<void> = () => Promise.resolve();
  try {
    return await breakGlassCommand(args, async () => {
      const app = await openServiceContext();
      close = () => app.close();
      const service = app.get(BreakGlass, { strict: false });
      return {
        restore: (userName) => service.restore(userName),
        stdout: (line) => console.log(line),
        stderr: (line) => console.error(printable(line)),
      };
    });
  } finally {
    await close();
  }
}

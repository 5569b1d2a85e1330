/** Opens the database that `npm run retention` works on, and hands over to the traces capability. */
import { OperatorDirectory } from '../identity/index.js';
import { InstallationOwner, retentionCommand, RetentionService } from '../traces/index.js';
import { openServiceContext } from './service-context.js';

export async function retention(args: readonly string[]): Promise<number> {
  let close: () => Promise<void> = () => Promise.resolve();
  try {
    return await retentionCommand(args, async () => {
      const app = await openServiceContext();
      close = () => app.close();
      const owner = await app.get(OperatorDirectory, { strict: false }).find();
      if (owner !== null) app.get(InstallationOwner, { strict: false }).set(owner);
      return {
        retention: app.get(RetentionService, { strict: false }),
        stdout: (line) => console.log(line),
        stderr: (line) => console.error(line),
      };
    });
  } finally {
    await close();
  }
}

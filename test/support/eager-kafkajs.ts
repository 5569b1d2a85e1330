/**
 * Loads all of kafkajs at once. It `require`s the modules of a request when it first sends one, which Jest refuses
 * ("outside of the scope of the test code") whenever that happens between two tests, as it does with clients that work
 * in the background. Import this before anything that uses kafkajs.
 */
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

const source = join(dirname(require.resolve('kafkajs/package.json')), 'src');
for (const file of readdirSync(source, { recursive: true, encoding: 'utf8' })) {
  if (file.endsWith('.js')) jest.requireActual(join(source, file));
}

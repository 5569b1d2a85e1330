/** Rows in the order of an index are read without bitmap scans, and nothing else is, whichever connection it comes upon. */
import { openTestDatabase, type OpenDatabase } from '../retention/test-database.js';

describe('reading in order', () => {
  let db: OpenDatabase;
  beforeAll(async () => {
    db = await openTestDatabase();
  });
  afterAll(() => db.close());

  const SETTING = 'SHOW enable_bitmapscan';
  const setting = async (inOrder: boolean): Promise<string | undefined> =>
    (await db.database.read<{ enable_bitmapscan: string }>(SETTING, [], { inOrder }))[0]?.enable_bitmapscan;
  const settingOfEach = async (): Promise<string | undefined> => {
    let found: string | undefined;
    await db.database.readEach<{ enable_bitmapscan: string }>(SETTING, [], (row) => (found = row.enable_bitmapscan));
    return found;
  };

  it('holds for the statement that asked for it', async () => {
    // One after the other they share a connection.
    for (const inOrder of [false, true, true, false, true]) expect(await setting(inOrder)).toBe(inOrder ? 'off' : 'on');
    expect(await settingOfEach()).toBe('on');
  });

  it('holds for each of many at once', async () => {
    const asked = Array.from({ length: 40 }, (_, n) => n % 3 === 0);
    const found = await Promise.all(asked.map((inOrder) => setting(inOrder)));
    expect(found).toEqual(asked.map((inOrder) => (inOrder ? 'off' : 'on')));
  });

  it('holds after a statement that failed', async () => {
    await expect(db.database.read('SELECT 1 / 0', [], { inOrder: true })).rejects.toThrow('division by zero');
    expect(await setting(false)).toBe('on');
  });
});

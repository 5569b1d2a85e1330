import { newAccessKey, newId, newPassword, newSecretKey } from './identifiers.js';
import { PasswordHasher } from './password-hasher.service.js';
import { SecretBox } from './secret-box.js';

describe('SecretBox', () => {
  const box = new SecretBox(Buffer.alloc(32, 1));

  it('opens what it sealed, and seals the same differently each time', () => {
    const [one, two] = [box.seal('päss', 'row:1'), box.seal('päss', 'row:1')];
    expect(box.open(one, 'row:1')).toBe('päss');
    expect(one.equals(two)).toBe(false);
    expect(box.open(box.seal('', 'row:1'), 'row:1')).toBe('');
  });

  it('refuses another purpose, another key and any change', () => {
    const sealed = box.seal('secret', 'row:1');
    expect(() => box.open(sealed, 'row:2')).toThrow(/row:2 cannot be opened/);
    expect(() => new SecretBox(Buffer.alloc(32, 2)).open(sealed, 'row:1')).toThrow(/ENCRYPTION_KEY/);
    for (let index = 0; index < sealed.length; index++) {
      const changed = Buffer.from(sealed);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(() => box.open(changed, 'row:1')).toThrow();
    }
    expect(() => box.open(Buffer.alloc(0), 'row:1')).toThrow();
    expect(() => new SecretBox(Buffer.alloc(16))).toThrow(RangeError);
  });
});

describe('PasswordHasher', () => {
  const hasher = new PasswordHasher();

  it('verifies the password and nothing else', async () => {
    const stored = await hasher.hash('Käse und Brot');
    expect(stored).toMatch(/^scrypt\$15\$8\$1\$[A-Za-z0-9+/=]{24}\$[A-Za-z0-9+/=]{44}$/);
    expect(await hasher.verify('Käse und Brot', stored)).toBe(true);
    expect(await hasher.verify('Ka\u0308se und Brot', stored)).toBe(true);
    expect(await hasher.verify('Käse und brot', stored)).toBe(false);
    expect(await hasher.verify('', stored)).toBe(false);
  });

  it('has its work also where there is nothing to compare with', async () => {
    expect(await hasher.verify('anything', null)).toBe(false);
  });

  it('uses the parameters that stand with the hash', async () => {
    // RFC 7914 §12, second vector: "password", "NaCl", N 1024, r 8, p 16; its first 32 bytes.
    const salt = Buffer.from('NaCl').toString('base64');
    const hash = Buffer.from('fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162', 'hex').toString(
      'base64',
    );
    expect(await hasher.verify('password', `scrypt$10$8$16$${salt}$${hash}`)).toBe(true);
    await expect(hasher.verify('password', 'md5$abc')).rejects.toThrow(/known form/);
  });
});

describe('what is made up', () => {
  it('has the forms of the cloud’s own, and is different each time', () => {
    expect(newId()).toMatch(/^[0-9a-f]{32}$/);
    expect(newAccessKey()).toMatch(/^[A-Z0-9]{20}$/);
    expect(newSecretKey()).toMatch(/^[A-Za-z0-9]{40}$/);
    expect(newPassword()).toMatch(/^[\w-]{24}$/);
    for (const make of [newId, newAccessKey, newSecretKey, newPassword])
      expect(new Set(Array.from({ length: 100 }, make)).size).toBe(100);
  });
});

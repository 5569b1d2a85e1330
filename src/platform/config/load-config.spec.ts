import { describeVariables } from './config.schema.js';
import { ConfigError, loadConfig } from './load-config.js';

describe('loadConfig', () => {
  it('has a default for all that is needed on the embedded stack', () => {
    const config = loadConfig({});
    expect(config.PORT).toBe(8080);
    expect(config.ROLES).toEqual(['api', 'ingest', 'jobs']);
    expect(config.DATABASE_URL).toBeUndefined();
  });

  it('takes an empty variable for an absent one', () => {
    expect(loadConfig({ PORT: '', DATABASE_URL: '' }).PORT).toBe(8080);
  });

  it('reports every problem at once, by name and without the value', () => {
    const load = () =>
      loadConfig({
        PORT: 'none',
        ROLES: 'api,cook',
        DATABASE_URL: 'mysql://u:hunter2@h/d',
        BOOTSTRAP_PASSWORD: 'short',
      });
    expect(load).toThrow(ConfigError);
    try {
      load();
    } catch (error) {
      const { message } = error as ConfigError;
      for (const name of ['PORT', 'ROLES', 'DATABASE_URL', 'BOOTSTRAP_PASSWORD']) expect(message).toContain(name);
      expect(message).not.toContain('hunter2');
    }
  });

  it('wants an encryption key beside an external database', () => {
    expect(() => loadConfig({ DATABASE_URL: 'postgres://u@h/d' })).toThrow(/ENCRYPTION_KEY/);
    expect(() => loadConfig({ DATABASE_URL: 'postgres://u@h/d', ENCRYPTION_KEY: 'A'.repeat(43) + '=' })).not.toThrow();
  });

  it('describes every variable', () => {
    const described = describeVariables();
    expect(described.find(({ name }) => name === 'ROLES')?.fallback).toBe('api,ingest,jobs');
    expect(described.every(({ meta }) => meta.description.endsWith('.'))).toBe(true);
    expect(described.filter(({ meta, fallback }) => meta.secret && fallback !== '')).toEqual([]);
  });
});

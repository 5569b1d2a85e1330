import { classifyDatabaseError, sqlState, violatedConstraint } from './database-error.js';

const withCode = (code: string) => Object.assign(new Error('x'), { code });

describe('classifyDatabaseError', () => {
  it.each([
    ['22021', 'row'],
    ['23505', 'row'],
    ['54000', 'row'],
    ['40001', 'collision'],
    ['40P01', 'collision'],
    ['55P03', 'collision'],
    ['08006', 'outage'],
    ['53100', 'outage'],
    ['57014', 'outage'],
    ['57P01', 'outage'],
    ['58030', 'outage'],
    ['25P04', 'outage'],
    ['ECONNREFUSED', 'outage'],
    ['42601', 'defect'],
    ['42P01', 'defect'],
  ])('%s is %s', (code, fault) => {
    expect(classifyDatabaseError(withCode(code))).toBe(fault);
    expect(classifyDatabaseError(Object.assign(new Error('wrapped'), { driverError: withCode(code) }))).toBe(fault);
  });

  it('knows the connection losses that carry no code', () => {
    expect(classifyDatabaseError(new Error('Connection terminated unexpectedly'))).toBe('outage');
    expect(classifyDatabaseError(new Error('timeout exceeded when trying to connect'))).toBe('outage');
    expect(classifyDatabaseError(new TypeError('x is not a function'))).toBe('defect');
    expect(classifyDatabaseError(undefined)).toBe('defect');
  });

  it('tells the state and the constraint', () => {
    expect(sqlState(withCode('23505'))).toBe('23505');
    expect(sqlState(withCode('ECONNRESET'))).toBeNull();
    expect(violatedConstraint({ driverError: { constraint: 'traces_key' } })).toBe('traces_key');
    expect(violatedConstraint(null)).toBeNull();
  });
});

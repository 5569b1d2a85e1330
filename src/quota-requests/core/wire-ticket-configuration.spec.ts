import file from '../data/tickets.json' with { type: 'json' };
import { PRIORITIES } from './request-rules.js';
import {
  languageOf,
  QUOTA_PROBLEM,
  SATISFACTION_DIMENSIONS,
  SEVERITIES,
  TICKET_PARAMETERS,
  TICKET_PRODUCTS,
} from './wire-ticket-configuration.js';
import { ticketProblem } from './wire-ticket-problems.js';

describe('what tickets can be filled in with', () => {
  it('has ids that fit, each of one thing', () => {
    const ids = [QUOTA_PROBLEM, file.template, ...file.categories, ...TICKET_PRODUCTS].map(({ id }) => id);
    expect(ids.filter((id) => !/^[0-9a-f]{32}$/.test(id))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('has a severity for each priority, in their order', () => {
    expect(SEVERITIES.map(({ name }) => name['en-us'].toLowerCase())).toEqual([...PRIORITIES]);
  });

  it('says of everything how it is known', () => {
    const known = [
      file.source_id,
      ...file.problems,
      ...file.categories,
      ...file.product_categories,
      ...file.severities,
      ...file.satisfaction_dimensions,
      file.extends_params_basis,
      file.least_minutes_between_presses,
    ];
    expect(known.filter(({ basis }) => !['documented', 'inferred', 'own'].includes(basis))).toEqual([]);
  });

  it('asks for the parameters of a quota ticket, and scores from 1 to 5', () => {
    expect(TICKET_PARAMETERS.map(({ key }) => key)).toEqual([
      'quota_key',
      'scope_kind',
      'scope_id',
      'project_id',
      'desired',
      'until',
    ]);
    expect(SATISFACTION_DIMENSIONS.map(({ id, most }) => [id, most])).toEqual([
      [1, 5],
      [3, 5],
    ]);
  });

  it.each([
    [undefined, 'zh-cn'],
    ['zh-cn', 'zh-cn'],
    ['en-us', 'en-us'],
    ['EN', 'en-us'],
    ['en_GB', 'en-us'],
    ['english', 'zh-cn'],
    ['fr', 'zh-cn'],
  ])('is told in the language of %j: %s', (header, language) => {
    expect(languageOf(header)).toBe(language);
  });
});

it.each([
  ['body.scope.kind', 'body.extends_map.scope_kind'],
  ['body.until', 'body.extends_map.until'],
  ['body.reason', 'body.simple_description'],
  ['body.region_id', 'body.region_id'],
])('%s stands in a ticket at %s', (path, place) => {
  expect(ticketProblem({ path, message: 'm' })).toEqual({ path: place, message: 'm' });
});

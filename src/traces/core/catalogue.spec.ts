import { listOperations, serviceSpellings } from './catalogue.js';

describe('listOperations', () => {
  it('has every group once and every name in a group once', () => {
    const groups = listOperations();
    expect(new Set(groups.map(({ service_type, resource_type }) => `${service_type} ${resource_type}`)).size).toBe(
      groups.length,
    );
    for (const { operation_list } of groups) expect(new Set(operation_list).size).toBe(operation_list.length);
    expect(new Set(groups.map(({ service_type }) => service_type))).toEqual(new Set(['SWR', 'IAM', 'CTS', 'OBS']));
  });

  it('filters in any case of letters', () => {
    expect(listOperations('swr', 'USERNAMESPACE')).toEqual([
      {
        service_type: 'SWR',
        resource_type: 'usernamespace',
        operation_list: expect.arrayContaining([
          'createUserNamespace',
          'deleteUserNamespace',
          'showUserNamespace',
          'listUserNamespaces',
        ]),
      },
    ]);
    expect(listOperations('Cts').every(({ service_type }) => service_type === 'CTS')).toBe(true);
    expect(listOperations('')).toEqual(listOperations());
    expect(listOperations('SWR', 'nothing')).toEqual([]);
  });
});

it.each([
  ['swr', ['swr', 'SWR']],
  ['SWR', ['SWR', 'swr']],
  ['functiongraph', ['functiongraph', 'FUNCTIONGRAPH', 'FunctionGraph']],
  ['Unheard', ['Unheard', 'UNHEARD', 'unheard']],
])('serviceSpellings of %s', (given, expected) => {
  expect(serviceSpellings(given)).toEqual(expected);
});

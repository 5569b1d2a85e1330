import { REQUEST_EXPORT_FORMATS } from './request-export.js';

const step = {
  request_id: 'r',
  domain_id: 'd',
  quota_key: 'namespace',
  scope: 'domain',
  seq: 1,
  at: 5,
  action: 'create',
  side: 'requester',
  by_id: 'u',
  by_name: '=cmd|calc',
  from: null,
  to: 'pending',
  note: '+1, "please"\r\n@all',
  details: { a: 1 },
};

it('writes CSV that no spreadsheet runs, with as many cells in each record', () => {
  const { csv } = REQUEST_EXPORT_FORMATS;
  expect(csv.line(step)).toBe(
    `r,d,namespace,domain,1,5,create,requester,u,'=cmd|calc,,pending,"'+1, ""please""\r\n@all","{""a"":1}"\r\n`,
  );
  expect(csv.footer(2).split(',')).toHaveLength(csv.header.split(',').length);
});

it('writes NDJSON that ends with its count', () => {
  const { ndjson } = REQUEST_EXPORT_FORMATS;
  expect(JSON.parse(ndjson.line(step))).toEqual(step);
  expect(JSON.parse(ndjson.footer(1))).toEqual({ exported: 1 });
});

import { originOf, webhookUrlFault } from './webhook-url.js';

const STRICT = { WEBHOOK_ALLOW_HTTP: false, WEBHOOK_ALLOWED_NETWORKS: [] };

it.each<[string, string | null]>([
  ['https://hooks.example.org/a?b=c', null],
  ['https://93.184.216.34:8443/', null],
  ['hooks.example.org', 'must be a URL'],
  ['http://hooks.example.org', 'must be an https URL'],
  ['file:///etc/passwd', 'must be an https URL'],
  ['https://u:p@hooks.example.org', 'must not hold credentials'],
  ['https://hooks.example.org/#a', 'must not have a fragment'],
  ...[
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://017700000001/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://169.254.169.254/latest/meta-data',
    'https://10.0.0.1:6379/',
  ].map((url): [string, string] => [url, 'must not be at a private, loopback or link-local address']),
])('%s: %p', (url, fault) => {
  expect(webhookUrlFault(url, STRICT)).toBe(fault);
});

it('takes what the settings allow besides', () => {
  const config = { WEBHOOK_ALLOW_HTTP: true, WEBHOOK_ALLOWED_NETWORKS: ['10.0.0.0/8'] };
  expect(webhookUrlFault('http://10.0.0.1/', config)).toBeNull();
  expect(webhookUrlFault('http://127.0.0.1/', config)).not.toBeNull();
  expect(webhookUrlFault('ftp://10.0.0.1/', config)).toBe('must be an https or http URL');
});

it('is told without path and query', () => {
  expect(originOf('https://hooks.example.org:8443/services/T0/secret?token=x')).toBe('https://hooks.example.org:8443');
});

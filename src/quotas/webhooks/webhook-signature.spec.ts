import { createHmac } from 'node:crypto';
import { newWebhookSecret, signedHeaders } from './webhook-signature.js';

it('signs like the example of the Standard Webhooks specification', () => {
  const body = Buffer.from('{"test": 2432232314}');
  const headers = signedHeaders('msg_p5jXN8AQM9LWM0D4loKWxJek', 1614265330, body, [
    'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  ]);
  expect(headers).toEqual({
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
});

it('signs with each secret in force', () => {
  const secrets = [newWebhookSecret(), newWebhookSecret()];
  const { 'webhook-signature': signatures } = signedHeaders('m', 1, Buffer.from('{}'), secrets);
  expect(signatures?.split(' ')).toEqual(
    secrets.map((secret) => {
      const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
      expect(key).toHaveLength(32);
      return `v1,${createHmac('sha256', key).update('m.1.{}').digest('base64')}`;
    }),
  );
});

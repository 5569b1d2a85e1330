import { logLevel, type LogEntry } from 'kafkajs';
import { errorText, kafkajsLogCreator, type KafkaLogEntry, saysTopicIsGone } from './kafka-log.js';

function written(entry: { level: logLevel; message: string; fields?: Record<string, unknown> }): KafkaLogEntry[] {
  const entries: KafkaLogEntry[] = [];
  const write = kafkajsLogCreator((each) => entries.push(each), ['s3cret'])(logLevel.DEBUG);
  const log: LogEntry['log'] = {
    timestamp: '2026-01-01T00:00:00Z',
    logger: 'kafkajs',
    message: entry.message,
    ...entry.fields,
  };
  write({ namespace: 'Connection', level: entry.level, label: '', log });
  return entries;
}

describe('the log of kafkajs', () => {
  it.each([
    [logLevel.ERROR, 'warn'],
    [logLevel.WARN, 'warn'],
    [logLevel.INFO, 'debug'],
    [logLevel.DEBUG, 'debug'],
  ])('turns level %d into %s', (level, expected) => {
    expect(written({ level, message: 'coordinator is loading' })[0]?.level).toBe(expected);
  });

  it.each(['Connection error: connect ECONNREFUSED 10.0.0.1:9092', 'Failed to connect to seed broker, trying another'])(
    'takes one of many attempts for detail: %s',
    (message) => {
      expect(written({ level: logLevel.ERROR, message })[0]?.level).toBe('debug');
    },
  );

  it('takes an unreadable answer to leaving for detail', () => {
    const message = 'Response LeaveGroup(key: 13, version: 3)';
    expect(written({ level: logLevel.ERROR, message })[0]?.level).toBe('debug');
  });

  it.each([
    ['Response Fetch(key: 1, version: 11)', 'This server does not host this topic-partition', true],
    ['Response Metadata(key: 3, version: 6)', 'This server does not host this topic-partition', false],
    ['Response Fetch(key: 1, version: 11)', 'This server is not the leader for that topic-partition', false],
  ])('tells a deleted topic by the answer to a fetch: %s, %s', (message, error, expected) => {
    expect(written({ level: logLevel.ERROR, message, fields: { error } }).map(saysTopicIsGone)).toEqual([expected]);
  });

  it('keeps scalars and the text of errors, and nothing that could hold records or credentials', () => {
    const fields = {
      broker: '127.0.0.1:9092',
      retryCount: 2,
      ssl: true,
      error: new TypeError('bad'),
      stack: 'at …',
      payload: { password: 'hidden' },
      offsets: [1],
      missing: null,
    };
    expect(written({ level: logLevel.ERROR, message: 'm', fields })).toEqual([
      {
        level: 'warn',
        message: 'm',
        fields: {
          component: 'kafkajs Connection',
          broker: '127.0.0.1:9092',
          retryCount: 2,
          ssl: true,
          error: 'TypeError: bad',
        },
      },
    ]);
  });

  it('cuts secrets out of messages and fields', () => {
    const fields = { note: 'user:s3cret', error: new Error('s3cret refused') };
    const entries = written({ level: logLevel.ERROR, message: 'SASL failed for s3cret, s3cret', fields });
    expect(JSON.stringify(entries)).not.toContain('s3cret');
    expect(entries[0]?.message).toBe('SASL failed for [redacted], [redacted]');
  });

  it('shortens long texts', () => {
    expect(errorText(new Error('x'.repeat(10_000)))).toHaveLength(500);
    expect(errorText('plain')).toBe('plain');
  });
});

import fc from 'fast-check';
import { arbitraryTrace } from '../../../test/cases/arbitrary-trace.js';
import type { Trace } from './trace.js';
import { renderTrace } from './wire.js';
import { wireUser } from './wire-user.js';

const one = (fc.sample(arbitraryTrace, { seed: 1, numRuns: 1 })[0] ?? {}) as Trace;

describe('renderTrace', () => {
  it('has the types of the v3 schema and leaves out what the trace lacks', () => {
    fc.assert(
      fc.property(arbitraryTrace, (trace) => {
        for (const [name, value] of Object.entries(renderTrace(trace))) {
          const numeric = ['time', 'record_time', 'content_length', 'total_time'].includes(name);
          const type = numeric ? 'number' : name === 'read_only' ? 'boolean' : name === 'user' ? 'object' : 'string';
          expect([name, typeof value]).toEqual([name, type]);
          expect(value).not.toBe('');
          expect(value).not.toBeNull();
        }
      }),
    );
  });

  it('names every member as the wire does', () => {
    const all = {
      ...one,
      user: '{"name":"lin"}',
      projectId: 'p',
      resourceName: 'n',
      resourceId: 'i',
      resourceAccountId: 'a',
      enterpriseProjectId: '0',
      sourceIp: 's',
      request: '{"a":1}',
      response: 'r',
      code: '200',
      apiVersion: 'v',
      message: 'm',
      requestId: 'q',
      locationInfo: 'l',
      endpoint: 'e',
      resourceUrl: 'u',
      readOnly: false,
      operationId: 'o',
      trackerName: 'system',
      userAgent: 'ua',
      contentLength: 0,
      totalTime: 1.5,
    };
    const rendered = renderTrace(all);
    expect(rendered).toEqual({
      trace_id: one.traceId,
      trace_name: one.traceName,
      trace_rating: one.traceRating,
      trace_type: one.traceType,
      service_type: one.serviceType,
      resource_type: one.resourceType,
      resource_name: 'n',
      resource_id: 'i',
      resource_account_id: 'a',
      enterprise_project_id: '0',
      user: { name: 'lin' },
      source_ip: 's',
      request: '{"a":1}',
      response: 'r',
      code: '200',
      api_version: 'v',
      message: 'm',
      time: one.time,
      record_time: one.recordTime,
      request_id: 'q',
      location_info: 'l',
      endpoint: 'e',
      resource_url: 'u',
      read_only: false,
      operation_id: 'o',
      domain_id: one.domainId,
      project_id: 'p',
      event_type: 'system',
      tracker_name: 'system',
      user_agent: 'ua',
      content_length: 0,
      total_time: 1.5,
    });
  });

  it('has no project where the trace has none', () => {
    expect(renderTrace({ ...one, projectId: '', user: null })).not.toHaveProperty('project_id');
    expect(renderTrace({ ...one, user: null })).not.toHaveProperty('user');
  });
});

describe('wireUser', () => {
  it.each<[string, unknown]>([
    ['{some crazy used struct}', { name: '{some crazy used struct}' }],
    ['xxx', { name: 'xxx' }],
    ['["a{"]', { name: '["a{"]' }],
    ['{"id":7,"name":null,"type":true}', { id: '7', type: 'true' }],
    ['{"principal_is_root_user":true}', { principal_is_root_user: 'true' }],
    ['{"principal_is_root_user":"False"}', { principal_is_root_user: 'false' }],
    ['{"principal_is_root_user":"perhaps"}', {}],
    ['{"domain":{"id":1,"name":"n"}}', { domain: { id: '1', name: 'n' } }],
    ['{"domain":"n"}', {}],
    ['{"invoked_by":"service.console"}', { invoked_by: ['service.console'] }],
    ['{"invoked_by":["a",1]}', { invoked_by: ['a', '1'] }],
    [
      '{"session_context":{"attributes":{"created_at":1718777931170,"mfa_authenticated":false}}}',
      { session_context: { attributes: { created_at: '1718777931170', mfa_authenticated: 'false' } } },
    ],
    ['{"session_context":null}', {}],
    ['{"assumedBy":{"user":{"name":"b"}},"OriginUser":"o"}', { assumedBy: { user: { name: 'b' } }, OriginUser: 'o' }],
  ])('%s', (text, expected) => {
    expect(wireUser(text)).toEqual(expected);
  });

  it('keeps a member called __proto__ a member', () => {
    const user = wireUser('{"__proto__":{"id":"x"}}');
    expect(user.id).toBeUndefined();
    expect(JSON.stringify(user)).toBe('{"__proto__":{"id":"x"}}');
  });
});

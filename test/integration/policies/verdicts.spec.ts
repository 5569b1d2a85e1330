/** Ingest goes on without verdicts while policies cannot be read, and says so. */
import { IdentityApp } from '../identity/harness.js';
import { PolicySnapshots } from '../../../src/policies/policy-snapshots.service.js';
import { insertSampleDirectory, sampleWeek, store } from './sample-week.js';

describe('traces whose policies cannot be read', () => {
  let service: IdentityApp;

  beforeAll(async () => {
    service = await IdentityApp.start();
  }, 60_000);
  afterAll(() => service.stop());

  it('are stored all the same, without a verdict', async () => {
    const tenant = await service.createTenant();
    await insertSampleDirectory(service, tenant.domain.id);
    const snapshots = service.app.get(PolicySnapshots, { strict: false });
    const broken = jest.spyOn(snapshots, 'of').mockRejectedValue(new Error('no connection'));
    const traces = sampleWeek(tenant.domain.id).slice(0, 50);
    await store(service, traces);
    broken.mockRestore();
    const rows = await service.database.query<{ stored: number; judged: number }>(
      'SELECT count(*)::int AS stored, count(verdict)::int AS judged FROM traces WHERE domain_id = $1',
      [tenant.domain.id],
    );
    expect(rows).toEqual([{ stored: 50, judged: 0 }]);
    const { text } = await service.http().get('/metrics');
    expect(text).toContain('quaestor_trace_verdicts_missing_total{reason="unavailable"} 50');
  });
});

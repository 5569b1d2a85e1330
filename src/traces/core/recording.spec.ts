import { isFiltered, type RecordingSettings } from './recording.js';

const ALL: RecordingSettings = { recording: true, supportReadOnly: true, readOnlyServices: [] };
const NO_READS: RecordingSettings = { ...ALL, supportReadOnly: false };

it.each<[string, boolean | null, RecordingSettings, boolean]>([
  ['everything is recorded', true, ALL, false],
  ['nothing is recorded', false, { ...ALL, recording: false }, true],
  ['reads are not', true, NO_READS, true],
  ['writes are', false, NO_READS, false],
  ['what does not say so is no read', null, NO_READS, false],
  ['reads of the services listed', true, { ...NO_READS, readOnlyServices: ['IAM', 'functiongraph'] }, false],
  ['reads of services not listed', true, { ...NO_READS, readOnlyServices: ['IAM'] }, true],
  ['the list does not matter while all reads are recorded', true, { ...ALL, readOnlyServices: ['IAM'] }, false],
  ['recording off wins', true, { recording: false, supportReadOnly: true, readOnlyServices: ['FunctionGraph'] }, true],
])('%s', (_, readOnly, settings, filtered) => {
  expect(isFiltered({ readOnly, serviceType: 'FunctionGraph' }, settings)).toBe(filtered);
});

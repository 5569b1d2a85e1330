import { parseTicketTime, ticketTime, zoneMinutes } from './wire-ticket-time.js';

describe('times of tickets', () => {
  it.each([
    [undefined, 480],
    ['', 480],
    ['GMT+8', 480],
    ['GMT+08:00', 480],
    ['gmt-3:30', -210],
    ['UTC', 0],
    ['GMT', 0],
    ['GMT+24', null],
    ['Asia/Shanghai', null],
    ['+8', null],
  ])('the zone %j is %j minutes east', (header, minutes) => {
    expect(zoneMinutes(header)).toBe(minutes);
  });

  it.each([
    ['2026-11-25 18:00:00', 480, Date.UTC(2026, 10, 25, 10)],
    ['2026-11-25T18:00:00', 0, Date.UTC(2026, 10, 25, 18)],
    ['2026-11-25', 480, Date.UTC(2026, 10, 24, 16)],
    ['2026-11-25T18:00:00Z', 480, Date.UTC(2026, 10, 25, 18)],
    ['1764093600000', 480, 1_764_093_600_000],
    ['2026-02-30', 0, null],
    ['yesterday', 0, null],
    ['', 0, null],
  ])('%s in a zone %i minutes east is %j', (text, zone, ms) => {
    expect(parseTicketTime(text, zone)).toBe(ms);
  });

  it('writes UTC', () => {
    expect(ticketTime(Date.UTC(2026, 10, 25, 18))).toBe('2026-11-25T18:00:00.000Z');
  });
});

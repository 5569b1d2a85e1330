/**
 * Preloaded (`node --import`) into a service whose clock shall jump: moves `Date`, in this process only, by what the file named
 * in SHIFTED_CLOCK says, in ms. Timers and the monotonic clock go on, as they do when a machine's clock is set.
 */
import { readFileSync } from 'node:fs';

const RealDate = Date;
let shiftMs = 0;
const look = () => {
  shiftMs = Number(readFileSync(process.env.SHIFTED_CLOCK, 'utf8')) || 0;
};
look();
setInterval(look, 100).unref();

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, wanted) =>
    Reflect.construct(target, args.length === 0 ? [RealDate.now() + shiftMs] : args, wanted),
  apply: () => new RealDate(RealDate.now() + shiftMs).toString(),
  get: (target, name, receiver) =>
    name === 'now' ? () => RealDate.now() + shiftMs : Reflect.get(target, name, receiver),
});

/** One process at a time: a folder as the lock, so that two starts of one checkout neither install nor build at once. */
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const pollMs = 100;
const deadlineMs = 10 * 60_000;
/** A lock without a readable owner: its maker died between two system calls, unless it is this young. */
const ownerlessMs = 5_000;

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function isStale(lock) {
  try {
    const pid = Number(readFileSync(join(lock, 'pid'), 'utf8'));
    if (pid > 0) return !isAlive(pid);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  const made = statSync(lock, { throwIfNoEntry: false })?.mtimeMs;
  return made !== undefined && Date.now() - made > ownerlessMs;
}

function tryAcquire(lock) {
  try {
    mkdirSync(lock);
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
  writeFileSync(join(lock, 'pid'), String(process.pid));
  return true;
}

/** Moves a stale lock away; puts it back when another process had taken it over first. */
function removeStale(lock) {
  const aside = `${lock}.${process.pid}`;
  try {
    renameSync(lock, aside);
  } catch (error) {
    if (error.code === 'ENOENT') return;
    throw error;
  }
  if (isStale(aside)) rmSync(aside, { recursive: true, force: true });
  else renameSync(aside, lock);
}

/**
 * Runs `work` while no other process is inside with the same `lock` folder. Waits for the other at most ten minutes; a lock
 * whose process died is taken over.
 */
export async function exclusively(lock, work) {
  mkdirSync(dirname(lock), { recursive: true });
  const deadline = Date.now() + deadlineMs;
  while (!tryAcquire(lock)) {
    if (isStale(lock)) removeStale(lock);
    else if (Date.now() > deadline)
      throw new Error(`Another process holds ${lock}; if none is at work, delete that folder`);
    else await sleep(pollMs);
  }
  try {
    return await work();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

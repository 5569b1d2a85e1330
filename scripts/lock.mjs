/**
 * Completes package-lock.json, so that `npm ci` works on every platform (`npm run lock`; `--check` only reports).
 *
 * Two traps are mended. Where a registry lacks the package of some platform, `npm install` leaves its entry out of the
 * lock, and `npm ci` then stops with EUSAGE. And the embedded broker's package asks for Node 24 though it runs on Node 20:
 * npm silently skips an optional package whose `engines` do not fit.
 *
 * Usage: node scripts/lock.mjs [--check] [FILE]. Exit 0 done or complete, 1 incomplete (`--check`), 2 wrong usage.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Packages that run on our Node although their `engines` deny it. */
const enginesTraps = ['kafka-crab-js-linux-x64-gnu'];

const osNames = new Map(
  ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'].map((os) => [
    os,
    os,
  ]),
);
osNames.set('windows', 'win32');
const cpuNames = new Set(['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64']);
/** The words that say which C library; every other word of an ABI (`eabi`, `msvc`, `wasi`) says nothing that npm compares. */
const libcNames = new Map([
  ['gnu', 'glibc'],
  ['glibc', 'glibc'],
  ['gnueabihf', 'glibc'],
  ['musl', 'musl'],
  ['musleabihf', 'musl'],
]);

/** The platform that a package names in its own name, e.g. `@x/core-linux-arm64-musl`; undefined when it names none. */
function platformOf(name) {
  const words = name.slice(name.lastIndexOf('/') + 1).split('-');
  const os = words.map((word) => osNames.get(word)).find(Boolean);
  const cpu = words.find((word) => cpuNames.has(word));
  if (!os && cpu !== 'wasm32') return undefined;
  const libc = os === 'linux' ? words.map((word) => libcNames.get(word)).find(Boolean) : undefined;
  return { ...(os && { os: [os] }), ...(cpu && { cpu: [cpu] }), ...(libc && { libc: [libc] }) };
}

/** The key under which npm finds `name` from the package at `from`: the nearest `node_modules` upwards. */
function resolveEntry(packages, from, name) {
  for (let base = from; ;) {
    const key = `${base ? `${base}/` : ''}node_modules/${name}`;
    if (packages[key]) return key;
    if (!base) return undefined;
    const above = base.lastIndexOf('/node_modules/');
    base = above < 0 ? '' : base.slice(0, above);
  }
}

function missingEntries(packages) {
  const missing = [];
  for (const [from, entry] of Object.entries(packages)) {
    for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
      if (!resolveEntry(packages, from, name)) missing.push({ from, name, range });
    }
  }
  return missing;
}

/** An entry without `resolved` and `integrity`: npm asks the registry for them, and only on the platform concerned. */
function entryFor({ from, name, range }, packages) {
  const version = /\d[^\s|]*/.exec(range)?.[0];
  const platform = platformOf(name);
  if (!version || !platform)
    throw new Error(`${from} wants ${name}@${range}, of which neither version nor platform can be told`);
  return { version, ...platform, ...(packages[from].dev && { dev: true }), optional: true };
}

/** Mends `lock` in place; returns one line for each thing that was wrong. */
function complete(lock) {
  const { packages } = lock;
  const mended = [];
  for (const missing of missingEntries(packages)) {
    packages[`node_modules/${missing.name}`] = entryFor(missing, packages);
    mended.push(
      `no entry for ${missing.name}@${missing.range}, an optional package of ${missing.from || 'the project'}`,
    );
  }
  for (const name of enginesTraps) {
    const entry = packages[`node_modules/${name}`];
    if (!entry) mended.push(`no entry for ${name}: add it to optionalDependencies and run npm install`);
    else if (entry.engines) {
      mended.push(`${name} asks for node ${entry.engines.node}: npm would skip it in silence`);
      delete entry.engines;
    }
  }
  lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1)));
  return mended;
}

function main(args) {
  const check = args.includes('--check');
  const files = args.filter((arg) => arg !== '--check');
  if (files.length > 1 || files.some((file) => file.startsWith('-'))) {
    console.error('usage: node scripts/lock.mjs [--check] [FILE]');
    return 2;
  }
  const file = files[0] ?? join(dirname(fileURLToPath(import.meta.url)), '..', 'package-lock.json');
  const lock = JSON.parse(readFileSync(file, 'utf8'));
  const mended = complete(lock);
  for (const line of mended) console.error(`${check ? 'wrong' : 'mended'}: ${line}`);
  if (check) return mended.length > 0 ? 1 : 0;
  if (mended.length > 0) {
    writeFileSync(`${file}.new`, `${JSON.stringify(lock, null, 2)}\n`);
    renameSync(`${file}.new`, file);
  }
  console.log(JSON.stringify({ mended: mended.length }));
  return mended.some((line) => line.includes('run npm install')) ? 1 : 0;
}

process.exitCode = main(process.argv.slice(2));

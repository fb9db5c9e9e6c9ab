// Some registries carry the native parts of packages for a few platforms only; `npm install` then leaves the others out
// of the lock file, and `npm ci` refuses such a lock file. This puts the missing optional packages back, bound to their
// platform, so that the lock file is whole for everybody. Run it after every change of dependencies.
//
//   node scripts/complete-lock.mjs [--check]     --check: exit 1 when something is missing, and change nothing
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

const SYSTEMS = [
  "aix",
  "android",
  "darwin",
  "freebsd",
  "linux",
  "netbsd",
  "openbsd",
  "openharmony",
  "sunos",
  "win32",
  "windows",
];
const PROCESSORS = ["arm64", "arm", "ia32", "loong64", "mips64el", "ppc64", "riscv64", "s390x", "wasm32", "x64"];
/** Names of processors that stand in package names but not in Node's `process.arch`. */
const PROCESSOR_NAMES = {
  "arm-eabi": "arm",
  "arm-gnueabihf": "arm",
  "arm-musleabihf": "arm",
  armv7: "arm",
  ppc64le: "ppc64",
  x86_64: "x64",
  aarch64: "arm64",
  ppc: "ppc64",
};

const file = path.resolve(import.meta.dirname, "../package-lock.json");
const lock = JSON.parse(readFileSync(file, "utf8"));
const packages = lock.packages;

/** @returns the place of the package that `from` gets when it asks for `name`, or undefined */
function resolvePackage(from, name) {
  for (let place = from; ; place = place.slice(0, Math.max(0, place.lastIndexOf("/node_modules/")))) {
    const candidate = place === "" ? `node_modules/${name}` : `${place}/node_modules/${name}`;
    if (packages[candidate] !== undefined) return candidate;
    if (place === "" || !place.includes("node_modules"))
      return packages[`node_modules/${name}`] && `node_modules/${name}`;
    if (!place.includes("/node_modules/")) place = "";
  }
}

function platformOf(name) {
  const words = name.toLowerCase();
  const system = SYSTEMS.find((one) => new RegExp(`(^|[-/])${one}([-/]|$)`).test(words));
  const alias = Object.keys(PROCESSOR_NAMES).find((one) => words.includes(one));
  const processor = PROCESSORS.find((one) => new RegExp(`(^|[-/])${one}([-/]|$)`).test(words));
  const cpu = processor ?? PROCESSOR_NAMES[alias];
  if (system === undefined && cpu !== "wasm32") throw new Error(`${name}: no platform in this name`);
  return {
    ...(system === undefined ? {} : { os: [system === "windows" ? "win32" : system] }),
    ...(cpu === undefined ? {} : { cpu: [cpu] }),
  };
}

const missing = [];
for (const [place, entry] of Object.entries(packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (resolvePackage(place, name) === undefined) missing.push({ place, name, version, dev: entry.dev === true });
  }
}

if (process.argv.includes("--check")) {
  for (const { place, name } of missing)
    process.stderr.write(`the lock file lacks ${name}, an optional part of ${place}\n`);
  process.exit(missing.length === 0 ? 0 : 1);
}
for (const { place, name, version, dev } of missing) {
  const nested = packages[`node_modules/${name}`] !== undefined;
  const target = nested ? `${place}/node_modules/${name}` : `node_modules/${name}`;
  packages[target] = {
    version: version.replace(/^[\^~]/, ""),
    ...platformOf(name),
    ...(dev ? { dev: true } : {}),
    optional: true,
  };
}
lock.packages = Object.fromEntries(Object.entries(packages).toSorted(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
process.stdout.write(`complete-lock: ${missing.length} put back\n`);

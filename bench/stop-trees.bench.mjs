import path from "node:path";
import { buildSync } from "esbuild";
import { makeTempDir, removeDir } from "./lib/firebreak.mjs";

const require = 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);';

/**
 * The containment room's batch functions on real trees, without supervisors: a hundred of those are a hundred Node
 * processes, which two cores cannot carry.
 */
export async function run() {
  const directory = makeTempDir();
  try {
    const { measureStops } = await import(bundle(directory));
    const results = await measureStops();
    return results.flatMap(toRows);
  } finally {
    removeDir(directory);
  }
}

function bundle(directory) {
  const outfile = path.join(directory, "stop-trees.mjs");
  buildSync({
    entryPoints: [path.join(import.meta.dirname, "stop-trees.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    conditions: ["firebreak-source"],
    banner: { js: require },
  });
  return outfile;
}

function toRows({ trees, withCgroup, frozenMs, killedMs }) {
  const how = withCgroup ? "cgroups" : "no cgroups";
  const row = (what, values, max) => ({
    what: `${trees} process tree${trees === 1 ? "" : "s"} at once (10 processes each, ${how}): ${what}`,
    unit: "ms",
    values,
    budget: { max, at: "p99" },
  });
  return [row("verified frozen", frozenMs, 100), row("killed and verified", killedMs, 250)];
}

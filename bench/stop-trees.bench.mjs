// Freezes and kills 1, 10 and 100 real process trees of ten processes and prints how long the proof took, as JSON.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";

const dir = mkdtempSync(join(tmpdir(), "firebreak-bench-"));
const outfile = join(dir, "stop-trees.mjs");
const require = 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);';
try {
  buildSync({
    entryPoints: [join(import.meta.dirname, "stop-trees.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    conditions: ["firebreak-source"],
    banner: { js: require },
  });
  await import(outfile);
} finally {
  rmSync(dir, { recursive: true, force: true });
}

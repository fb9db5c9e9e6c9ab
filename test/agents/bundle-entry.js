import { buildSync } from "esbuild";
/** Makes one program that plain Node can run out of a TypeScript entry, for tests that need a process of its own. */
export function bundleEntry(entry, outfile) {
  buildSync({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    conditions: ["firebreak-source"],
    external: ["pg-native"],
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  });
  return outfile;
}
//# sourceMappingURL=bundle-entry.js.map

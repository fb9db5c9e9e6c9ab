import { buildSync } from "esbuild";

/** Makes one program that plain Node can run out of a TypeScript entry, for tests that need a process of its own. */
export function bundleEntry(entry: string, outfile: string): string {
  buildSync({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    conditions: ["firebreak-source"],
    external: ["pg-native"],
    banner: {
      js: 'import { createRequire as requireOfBundle } from "node:module"; const require = requireOfBundle(import.meta.url);',
    },
  });
  return outfile;
}

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

/** Below it the headers outweigh what is saved. */
const BYTES_MIN = 1024;
const TEXTS = /\.(?:js|css|html|svg)$/;

/**
 * Lays a Brotli and a gzip copy beside each text, once at the build: a phone on a poor line then waits for a third.
 *
 * @returns {import("vite").Plugin}
 */
export function compressed() {
  let directory = "";
  return {
    name: "firebreak:compressed",
    apply: "build",
    configResolved({ root, build }) {
      directory = resolve(root, build.outDir);
    },
    closeBundle() {
      for (const name of readdirSync(directory, { recursive: true, encoding: "utf8" })) {
        if (!TEXTS.test(name)) continue;
        const file = join(directory, name);
        const text = readFileSync(file);
        if (text.length < BYTES_MIN) continue;
        const params = { [constants.BROTLI_PARAM_SIZE_HINT]: text.length };
        writeFileSync(`${file}.br`, brotliCompressSync(text, { params }));
        writeFileSync(`${file}.gz`, gzipSync(text, { level: 9 }));
      }
    },
  };
}

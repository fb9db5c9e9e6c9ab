import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliDecompressSync, gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { ensureConsoleBuilt } from "./browser.ts";

const CONSOLE = join(import.meta.dirname, "../../packages/console");
const DIST = join(CONSOLE, "dist");
const INITIAL_SCRIPT_BYTES_MAX = 200_000;

beforeAll(ensureConsoleBuilt);

describe("O-2: what the browser loads", () => {
  test("the first scripts weigh at most 200 kB compressed, and no schema is among them", () => {
    const html = readFileSync(join(DIST, "index.html"), "utf8");
    const scripts = [...html.matchAll(/<(?:script|link)[^>]+(?:src|href)="(\/[^"]+\.js)"/g)].map(
      (match) => match[1] ?? "",
    );
    expect(scripts.length).toBeGreaterThanOrEqual(2);
    const bytes = scripts.reduce(
      (sum, script) => sum + gzipSync(readFileSync(join(DIST, script)), { level: 9 }).length,
      0,
    );
    expect(bytes).toBeLessThan(INITIAL_SCRIPT_BYTES_MAX);
    const texts = scripts.map((script) => readFileSync(join(DIST, script), "utf8"));
    expect(texts.filter((text) => text.includes("ZodObject"))).toEqual([]);
  });

  test("each script and style has a compressed copy that holds the same", () => {
    const files = readdirSync(join(DIST, "assets")).filter((file) => /\.(?:js|css)$/.test(file));
    for (const file of files) {
      const text = readFileSync(join(DIST, "assets", file));
      if (text.length < 1024) continue;
      const copy = readFileSync(join(DIST, "assets", `${file}.br`));
      expect(copy.length).toBeLessThan(text.length);
      expect(brotliDecompressSync(copy).equals(text)).toBe(true);
    }
  });

  test("nothing is inline and nothing comes from elsewhere", () => {
    const html = readFileSync(join(DIST, "index.html"), "utf8");
    expect(html).not.toMatch(/<script(?![^>]*\ssrc=)/);
    expect(html).not.toMatch(/<style|\sstyle=|\son\w+=/);
    expect(html).not.toMatch(/(?:src|href)="(?!\/)/);
    const styles = readdirSync(join(DIST, "assets")).filter((file) => file.endsWith(".css"));
    for (const file of styles) expect(readFileSync(join(DIST, "assets", file), "utf8")).not.toMatch(/url\(|@import/);
  });

  test("the generated client is the one the committed OpenAPI document gives", () => {
    const check = () => execFileSync(process.execPath, [join(CONSOLE, "scripts/generate-client.mjs"), "--check"]);
    expect(check).not.toThrow();
  });
});

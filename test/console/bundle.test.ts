import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { ensureConsoleBuilt } from "./browser.ts";

const CONSOLE = join(import.meta.dirname, "../../packages/console");
const DIST = join(CONSOLE, "dist");
const INITIAL_SCRIPT_BYTES_MAX = 250_000;

beforeAll(ensureConsoleBuilt);

describe("O-2: what the browser loads", () => {
  test("the first scripts weigh at most 250 kB compressed", () => {
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

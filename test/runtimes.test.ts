import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { buildSync } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundleEntry } from "./agents/bundle-entry.ts";
import { FEED_TOKEN, startFakeFeed } from "./fakes/feed-server.ts";
import type { FakeFeedServer } from "./fakes/feed-server.ts";
import { repository } from "./harness/firebreak.ts";

const CACHE = path.join(repository, "node_modules/.cache");
const AGENTS = path.join(repository, "test/agents");

/** The program that an npm package of a runtime ships, in the one version that the tests bring. */
function programOf(runtime: "bun" | "deno", file: string): string {
  const [version = ""] = readdirSync(path.join(CACHE, runtime));
  const scope = path.join(CACHE, runtime, version, "node_modules", runtime === "bun" ? "@oven" : "@deno");
  const [name = ""] = readdirSync(scope);
  return path.join(scope, name, file);
}

let server: FakeFeedServer;
let dir = "";
let bundles: { readonly node: string; readonly web: string };

beforeAll(async () => {
  server = await startFakeFeed();
  dir = mkdtempSync(path.join(tmpdir(), "fb-runtimes-"));
  const web = path.join(dir, "web.mjs");
  buildSync({
    entryPoints: [path.join(AGENTS, "ask-web-gate-once.ts")],
    outfile: web,
    bundle: true,
    platform: "browser",
    format: "esm",
    conditions: ["firebreak-source"],
  });
  bundles = { node: bundleEntry(path.join(AGENTS, "ask-gate-once.ts"), path.join(dir, "node.mjs")), web };
});
afterAll(async () => {
  await server.close();
  rmSync(dir, { recursive: true, force: true });
});

describe.each([
  ["Node", () => process.execPath, []],
  ["Bun", () => programOf("bun", "bin/bun"), ["run"]],
  ["Deno", () => programOf("deno", "deno"), ["run", "--allow-all"]],
] as const)("O-7: a gate over the feed in %s", (_, program, words) => {
  test.each(["node", "web"] as const)(
    "the %s entry believes the pinned server, and lets the agent end",
    async (entry) => {
      const args = [...words, bundles[entry], server.url, FEED_TOKEN, server.publicKey];
      const { stdout } = await promisify(execFile)(program(), args, { timeout: 20_000 });
      expect(stdout).toBe("allowed\n");
    },
  );
});

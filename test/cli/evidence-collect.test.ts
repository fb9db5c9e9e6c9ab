import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { createHome, endLeftovers, until, up } from "./firebreak.ts";
import type { Home, Running } from "./firebreak.ts";

let home: Home;
let agent: Running;
let workspace: string;
beforeEach(async () => {
  home = createHome();
  // not in the home, which evidence leaves out
  workspace = mkdtempSync(path.join(os.tmpdir(), "fbk-cli-workspace-"));
  for (let index = 0; index < 200; index += 1) writeFileSync(path.join(workspace, `note-${index}`), `note ${index}`);
  const script = `cd ${workspace} && echo working && exec sleep 600`;
  agent = home.start(["run", "--agent", "scout", "--", "sh", "-c", script]);
  await until("the agent runs", () => /working/.test(agent.out()) || undefined);
});
afterEach(async () => {
  await home.firebreak(["stop", "--global", "--level", "kill", "--reason", "the test is over"]);
  endLeftovers();
  home.remove();
  rmSync(workspace, { recursive: true, force: true });
});

const collection = z.looseObject({
  id: z.string(),
  state: z.string(),
  items: z.number(),
  completeness: z.object({
    failed: z.number(),
    gaps: z.array(z.object({ name: z.string(), status: z.string(), reason: z.string() })),
  }),
});
const manifest = z.object({
  collector: z.string(),
  evidence_items: z.array(z.object({ name: z.string(), status: z.string(), reason: z.string().nullable() })),
});
const page = z.object({ items: z.array(z.looseObject({})) });

const COLLECT = ["evidence", "collect", "--agent", "scout", "--level", "quick", "--reason", "it leaks"];

async function collect(...words: string[]) {
  const ended = await home.firebreak([...COLLECT, ...words, "--json"]);
  expect(ended).toMatchObject({ code: 0 });
  return collection.parse(JSON.parse(ended.out));
}

const archives = () => readdirSync(path.join(home.dir, "evidence")).filter((name) => /^evd_\w{26}$/.test(name));

function readManifest(id: string) {
  return manifest.parse(JSON.parse(readFileSync(path.join(home.dir, "evidence", id, "manifest.json"), "utf8")));
}

async function ask(apiPath: string) {
  const token = readFileSync(path.join(home.dir, "secrets/cli-token"), "utf8").trim();
  const file = JSON.parse(readFileSync(path.join(home.dir, "server.json"), "utf8"));
  const { url } = z.object({ url: z.string() }).parse(file);
  const answer = await fetch(`${url}/api/v1${apiPath}`, { headers: { authorization: `Bearer ${token}` } });
  return page.parse(await answer.json()).items;
}

/** The server takes in what it finds in its first moments. */
async function untilListed(ids: readonly string[]): Promise<void> {
  for (;;) {
    const listed = (await ask("/evidence")).map((one) => one["id"]);
    if (ids.every((id) => listed.includes(id))) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function expectIntact(id: string): Promise<void> {
  const verdict = await home.firebreak(["evidence", "verify", path.join(home.dir, "evidence", id)]);
  expect(verdict).toMatchObject({ code: 0 });
}

describe("E-2: firebreak evidence collect", () => {
  test("without a server it seals, says how complete it is, and the next server puts it on record with its act", async () => {
    const ended = await home.firebreak(COLLECT);
    expect(ended.code).toBe(0);
    expect(ended.error).toMatch(/1\/4 {2}processes/);
    expect(ended.out).toMatch(
      /^Sealed evd_\w+: \d+ items, .+\n(?:Complete: .+|\d+ whole, \d+ in part, \d+ missing:)\n/,
    );
    expect(existsSync(path.join(home.dir, "postgres"))).toBe(false);
    const [whole = ""] = archives();
    expect(readManifest(whole).collector).toMatch(/^cli \w+/);

    const stopped = home.start(COLLECT);
    await until("it collects", () => /workspace/.test(stopped.error()) || undefined);
    stopped.child.kill("SIGINT");
    expect(await stopped.ended).toMatchObject({ code: 0, out: expect.stringContaining("Sealed") });
    const cut = archives().find((id) => id !== whole) ?? "";
    expect(readManifest(cut).evidence_items.map(({ reason }) => reason)).toContain("the time for collecting ran out");

    const { server } = await up(home);
    await untilListed([whole, cut]);
    const acts = (await ask("/audit")).filter((one) => one["action"] === "evidence.collect");
    expect(new Set(acts.map((one) => one["target"]))).toEqual(new Set([whole, cut]));
    expect(acts[0]).toMatchObject({ actor: { kind: "cli" } });
    await expectIntact(cut);
    server.child.kill("SIGTERM");
    await server.ended;
  });

  test("with a server it shows how far that is; what a killed server was collecting the next one seals", async () => {
    const first = await up(home);
    const sealed = await collect("--time-limit", "30");
    expect(sealed.state).toBe("sealed");
    expect((await ask("/evidence")).map((one) => one["id"])).toEqual([sealed.id]);

    const running = home.start(COLLECT);
    await until("the server collects", () => /workspace/.test(running.error()) || undefined);
    first.server.child.kill("SIGKILL");
    await first.server.ended;
    expect((await running.ended).code).not.toBe(0);

    const cut = archives().find((id) => id !== sealed.id) ?? "";
    const { server } = await up(home);
    await untilListed([sealed.id, cut]);
    expect(readManifest(cut).evidence_items).toContainEqual({
      name: "interrupted",
      status: "failed",
      reason: expect.stringContaining("its process ended"),
    });
    const acts = (await ask("/audit")).filter(({ target }) => target === cut).map(({ action }) => action);
    expect(acts).toEqual(expect.arrayContaining(["evidence.begin", "evidence.interrupt", "evidence.collect"]));
    await expectIntact(cut);
    server.child.kill("SIGTERM");
    await server.ended;
  });

  test("killed without a server, the next command that collects seals it and says so", async () => {
    const running = home.start(COLLECT);
    await until("it collects", () => /workspace/.test(running.error()) || undefined);
    running.child.kill("SIGKILL");
    await running.ended;
    const [cut = ""] = archives();
    const next = await home.firebreak(COLLECT);
    expect(next).toMatchObject({ code: 0 });
    expect(next.error).toContain(`${cut}, an earlier collection, was cut off and is sealed now`);
    await expectIntact(cut);
  });

  test.each<[string[], number, RegExp]>([
    [["--agent", "nobody", "--reason", "why not"], 5, /no agent nobody was ever seen/],
    [["--agent", "scout"], 2, /--reason/],
    [["--host", "--agent", "scout", "--reason", "why not"], 2, /--host is of no agent/],
  ])("%j is refused before anything is written", async (words, code, message) => {
    const ended = await home.firebreak(["evidence", "collect", ...words]);
    expect(ended).toMatchObject({ code, error: expect.stringMatching(message) });
    expect(existsSync(path.join(home.dir, "evidence"))).toBe(false);
  });
});

import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { createHome, endLeftovers, REPOSITORY, start, up } from "./firebreak.ts";
import type { Home, Up } from "./firebreak.ts";

const VERIFIER = path.join(REPOSITORY, "packages/verifier/dist/firebreak-verify.mjs");

let home: Home;
let running: Up;

beforeAll(async () => {
  home = createHome();
  running = await up(home);
  const agent = { id: "scout", session: "s-1" };
  const events = [
    { agent, kind: "prompt", data: { content: "tidy up" } },
    { agent, kind: "tool_call", data: { tool_name: "shell", call_id: "c1", arguments: { command: "ls" } } },
    {
      agent,
      kind: "log",
      outcome: "success",
      data: { tool_name: "shell", call_id: "c1", response: "a\u001b]0;owned\u0007b", duration_ms: 12 },
    },
    {
      agent,
      kind: "tool_call",
      outcome: "denied",
      data: { tool_name: "=pay", reason: "no payments", denial: "policy", policy: "payments" },
    },
  ];
  const input = events.map((event) => JSON.stringify(event)).join("\n");
  const sent = await home.firebreak(["events", "send", "-"], { input });
  if (sent.code !== 0) throw new Error(sent.error);
});
afterAll(async () => {
  running.server.child.kill("SIGTERM");
  await running.server.ended;
  endLeftovers();
  home.remove();
});

test("E-5: session replay tells a session as a conversation, safely", async () => {
  const told = await home.firebreak(["session", "replay", "s-1"]);
  expect(told.code).toBe(0);
  expect(told.out).toMatch(/Session s-1 of scout[^]*4 events, 1 denied/);
  expect(told.out).toMatch(/prompt\n {4}tidy up\n[^]*call shell\n[^]*→ success after 12 ms\n {4}→ ab/);
  expect(told.out).toMatch(/call =pay {2}denied[^]*DENIED by policy payments: no payments/);
  expect(told.out).not.toContain("\u001b");
  const marks = await home.firebreak(["session", "replay", "s-1", "--marks", "--json"]);
  expect(JSON.parse(marks.out)).toMatchObject({ items: [{ cause: "denied" }], cut: false });
  expect(await home.firebreak(["session", "replay", "nobody"])).toMatchObject({ code: 5, out: "" });
  expect(await home.firebreak(["session", "replay", "s-1", "--all", "--follow"])).toMatchObject({ code: 2, out: "" });
});

test("E-5: exported events are checked against their manifest, with and without Firebreak", async () => {
  const file = path.join(home.dir, "denied.csv");
  const words = ["events", "export", "--format", "csv", "--outcome", "denied", "--since", "1h", "--out", file];
  expect((await home.firebreak(words)).code).toBe(2);
  const done = await home.firebreak([...words, "--reason", "for the auditor", "--json"]);
  expect(done).toMatchObject({ code: 0, error: "" });
  expect(JSON.parse(done.out)).toMatchObject({ state: "done", events: 1, format: "csv" });
  expect(readFileSync(file, "utf8")).toContain(`""tool_name"":""=pay""`);
  expect((await home.firebreak([...words, "--reason", "once more"])).error).toContain("exists already");

  expect((await home.firebreak(["export", "verify", file])).out).toContain("Intact: 1 events");
  const { keys } = z
    .object({ keys: z.array(z.string()) })
    .parse(JSON.parse((await home.firebreak(["audit", "head", "--json"])).out));
  const alone = () =>
    start([process.execPath, VERIFIER, "--export", file, ...keys.flatMap((key) => ["--key", key])]).ended;
  expect(await alone()).toMatchObject({ code: 0, out: "intact: 1 events\n" });
  writeFileSync(file, readFileSync(file, "utf8").replace("no payments", "no payment!"));
  expect(await home.firebreak(["export", "verify", file, "--key", keys[0] ?? ""])).toMatchObject({ code: 1 });
  expect(await alone()).toMatchObject({
    code: 1,
    out: "not intact: the file's SHA-256 is not the one in the manifest\n",
  });

  const list = await home.firebreak(["export", "list"]);
  expect(list.out).toMatch(/exp_\w+[^]*csv {2}done {3}1 {7}kind=|outcome=denied/);
});

test("E-5: views are saved, listed and removed", async () => {
  const save = ["views", "save", "denied", "--outcome", "denied", "--path", "data.tool_name~pay it", "--shared"];
  expect((await home.firebreak(save)).out).toContain(
    "denied is saved: --path 'data.tool_name~pay it' --outcome denied",
  );
  expect((await home.firebreak([...save, "--kind", "tool_call"])).out).toContain("denied is replaced");
  expect((await home.firebreak(["views", "list"])).out).toMatch(/denied {2}yours, shared {2}--/);
  expect((await home.firebreak(["views", "save", "x", "--since", "soon"])).code).toBe(2);
  expect((await home.firebreak(["views", "remove", "denied"])).code).toBe(0);
  expect(await home.firebreak(["views", "remove", "denied"])).toMatchObject({ code: 5, out: "" });
});

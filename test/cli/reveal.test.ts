import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createHome, endLeftovers, REPOSITORY, up } from "./firebreak.ts";
import type { Home, Up } from "./firebreak.ts";

let home: Home;
let running: Up;

beforeAll(async () => {
  home = createHome();
  const shipped = readFileSync(path.join(REPOSITORY, "profiles/ai-empire/profile.yaml"), "utf8");
  const own =
    'redaction: { reversible: pii, reveal: { alertPerHour: 1 }, custom: [{ name: case, pattern: "(?s)CASE .{1,40} END" }] }\n';
  writeFileSync(path.join(home.dir, "profile.yaml"), `${shipped}\n${own}`);
  running = await up(home);
});
afterAll(async () => {
  running.server.child.kill("SIGTERM");
  await running.server.ended;
  endLeftovers();
  home.remove();
});

const because = ["--reason", "whom did it write to"];

function readAll(directory: string): string {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.map((file) => readFileSync(path.join(file.parentPath, file.name), "latin1")).join("\n");
}

async function send(id: string, text: string): Promise<void> {
  const event = { id, time: "2026-03-01T12:00:00Z", agent: { id: "scout" }, kind: "message", data: { text } };
  const sent = await home.firebreak(["events", "send", "-"], { input: JSON.stringify(event) });
  expect(sent).toMatchObject({ code: 0 });
}

describe("E-8: reveal and erase by the command line", () => {
  test("a person sees what was taken out, harmless on a terminal, and it is on record", async () => {
    await send("evt-1", "to ada@example.org CASE \u001b]0;owned\u0007\u202e<b>x</b> END");
    const seen = await home.firebreak(["reveal", "evt-1", ...because]);
    expect(seen.code).toBe(0);
    expect(seen.out).toContain("ada@example.org");
    expect(seen.out).toContain("CASE \ufffd<b>x</b> END");
    for (const mark of ["\u001b", "\u202e"]) expect(seen.out).not.toContain(mark);
    expect(seen.error).toMatch(/on record.*29 more times/s);
    const alerts = await home.firebreak(["alerts", "list", "--json"]);
    expect(alerts.out).toContain("reveals much of what was redacted");
    const shown = await home.firebreak(["originals", "show", "evt-1"]);
    expect(shown.out).toMatch(/EMAIL: kept\n.*saw EMAIL, CUSTOM .*: whom did it write to/s);
    const log = path.join(home.dir, "exported");
    expect(await home.firebreak(["audit", "export", "--out", log])).toMatchObject({ code: 0 });
    const entries = readAll(log);
    expect(entries).toContain("original.reveal");
    expect(`${entries}${running.server.error()}${running.server.out()}`).not.toContain("ada@example.org");
  });

  test("says what is wrong: no reason, no event, no such category", async () => {
    expect(await home.firebreak(["reveal", "evt-1"])).toMatchObject({ code: 2 });
    expect(await home.firebreak(["reveal", "evt-0", ...because])).toMatchObject({ code: 5 });
    expect((await home.firebreak(["reveal", "evt-1", "--category", "X", ...because])).error).toMatch(
      /--category takes KEY/,
    );
  });

  test("an agent's and an administrator's token see nothing", async () => {
    const tokens = [
      ["token", "create", "agent", "--access", "agent", "--agent", "scout"],
      ["token", "create", "ci", "--access", "admin"],
    ];
    for (const words of tokens) {
      const made = await home.firebreak([...words, "--json"]);
      const { secret, token } = JSON.parse(made.out) as { secret?: string; token?: string };
      const variables = { FIREBREAK_URL: running.url, FIREBREAK_TOKEN: secret ?? token ?? "" };
      expect(await home.firebreak(["reveal", "evt-1", ...because], { variables })).toMatchObject({ code: 4, out: "" });
    }
  });

  test("erase shows first what would go, and then nobody can reveal it", async () => {
    const preview = await home.firebreak(["erase", "--agent", "scout", "--category", "pii"]);
    expect(preview).toMatchObject({ code: 0 });
    expect(preview.out).toMatch(/Would destroy 2 keys of 2 originals of 1 agents: .*\n.*Nothing was erased/);
    expect(await home.firebreak(["erase", ...because])).toMatchObject({ code: 2 });
    const erased = await home.firebreak(["erase", "--agent", "scout", "--reason", "asked by Ada", "--yes"]);
    expect(erased.out).toMatch(/Erased: 2 keys/);
    const gone = await home.firebreak(["reveal", "evt-1", ...because]);
    expect(gone).toMatchObject({ code: 1, out: "" });
    expect(gone.error).toMatch(/was erased on .* by .*: asked by Ada/);
    expect((await home.firebreak(["originals", "erasures"])).out).toContain("asked by Ada");
    expect((await home.firebreak(["originals", "rotate-key"])).out).toMatch(/The key is [\da-f]{16} now/);
    const check = await home.firebreak(["audit", "verify"]);
    expect(check).toMatchObject({ code: 0 });
  });
});

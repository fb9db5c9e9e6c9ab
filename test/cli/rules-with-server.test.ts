import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createHome, endLeftovers, up } from "./firebreak.ts";
import type { Home, Up } from "./firebreak.ts";

let home: Home;
let running: Up;
beforeAll(async () => {
  home = createHome();
  mkdirSync(path.join(home.dir, "rules"), { recursive: true });
  writeFileSync(path.join(home.dir, "rules/evil.yml"), EVIL);
  running = await up(home);
});
afterAll(async () => {
  running.server.child.kill("SIGTERM");
  await running.server.ended;
  endLeftovers();
  home.remove();
});

const EVIL = `title: Evil
id: evil
level: low
logsource: { product: ai_agent, category: agent_events }
detection:
  s: { command|contains: evil }
  condition: s
`;
const event = (command: string, agent: string) =>
  JSON.stringify({ agent: { id: agent }, kind: "command", data: { command } });

describe("D-4, L-5: rules on a running server", () => {
  test("list shows hits, and replay what a changed rule would have caught", async () => {
    const input = [
      event("an evil one", "a-1"),
      event("wicked", "a-2"),
      event("wicked", "a-2"),
      event("ls", "a-3"),
    ].join("\n");
    await home.firebreak(["events", "send", "-"], { input });
    await expect
      .poll(async () => JSON.parse((await home.firebreak(["rules", "list", "--json"])).out).rules, { timeout: 20_000 })
      .toContainEqual(expect.objectContaining({ id: "evil", hits24h: 1, alerts30d: 1 }));
    expect((await home.firebreak(["rules", "list"])).out).toMatch(/low +Evil +1 +1 +0/);

    const same = await home.firebreak(["rules", "replay", "--from", "1h", "--rule", "evil"]);
    expect(same).toMatchObject({ code: 0 });
    expect(same.out).toContain("against 1 rule(s)");
    expect(same.out).toMatch(/Evil +0 +1 +0 +1/);

    const folder = path.join(home.dir, "changed");
    mkdirSync(folder);
    writeFileSync(path.join(folder, "evil.yml"), EVIL.replace("contains: evil", "contains: wicked"));
    const changed = await home.firebreak(["rules", "replay", "--from", "1h", "--rules", folder]);
    expect(changed.out).toMatch(/Evil +1 +0 +1 +2/);
    expect(changed.out).toMatch(/new {2}\S+ \S+ a-2: .*wicked.*, 2 times/);
    expect(changed.out).toMatch(/lost {2}\S+ \S+ a-1: .*would not be raised/);
    const json = JSON.parse(
      (await home.firebreak(["rules", "replay", "--from", "1h", "--rules", folder, "--json"])).out,
    );
    expect(json).toMatchObject({
      state: "done",
      result: { matches: 2, findings: [{ status: "new" }, { status: "lost" }] },
    });
  });

  test("what cannot be replayed is said before the server is asked", async () => {
    const folder = path.join(home.dir, "broken");
    mkdirSync(folder);
    writeFileSync(path.join(folder, "evil.yml"), EVIL.replace("contains", "containz"));
    expect(await home.firebreak(["rules", "replay", "--from", "1h", "--rules", folder])).toMatchObject({
      code: 1,
      error: expect.stringContaining('did you mean "contains"?'),
    });
    expect(await home.firebreak(["rules", "replay", "--from", "yesterday"])).toMatchObject({
      code: 2,
      error: expect.stringContaining("how long ago such as 7d"),
    });
    expect(await home.firebreak(["rules", "replay", "--from", "1h", "--to", "2h"])).toMatchObject({ code: 2 });
  });
});

import { packsStatus, switchView } from "@firebreak/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createHome, endLeftovers, until, up } from "./firebreak.ts";
import type { Home, Up } from "./firebreak.ts";

let home: Home;
let running: Up;
/** credentials by who calls: API tokens by their role, and the owner as signed in */
const callers: Record<string, Record<string, string>> = {};

beforeAll(async () => {
  home = createHome();
  running = await up(home);
  for (const role of ["viewer", "responder", "commander"]) {
    const token = (await home.firebreak(["token", "create", role, "--access", role])).out.trim();
    callers[role] = { authorization: `Bearer ${token}` };
  }
  callers["owner"] = await signIn();
});
afterAll(async () => {
  await home.firebreak(["stop", "--global", "--level", "kill", "--reason", "the test is over"]);
  running.server.child.kill("SIGTERM");
  await running.server.ended;
  endLeftovers();
  home.remove();
});

async function signIn(): Promise<Record<string, string>> {
  const response = await fetch(`${running.url}/api/v1/sign-in/link`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token: running.signIn.split("#link=")[1] }),
  });
  return { cookie: response.headers.get("set-cookie")?.split(";")[0] ?? "", origin: running.url };
}

/** As the runbook's `curl` calls it. */
async function turn(path: string, enabled: boolean, caller: string): Promise<Response> {
  return fetch(`${running.url}/api/killswitch/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...callers[caller] },
    body: JSON.stringify({ enabled, reason: "the monthly drill" }),
  });
}

async function packs() {
  const headers = { ...callers["viewer"] };
  return packsStatus.parse(await (await fetch(`${running.url}/api/packs/status`, { headers })).json());
}

async function startScout(): Promise<void> {
  const agent = home.start(["run", "--agent", "scout", "--pack", "research", "--", "sh", "-c", "echo up; sleep 600"]);
  await until("scout runs", () => agent.out().includes("up"));
  for (let pack; pack?.running !== 1;) pack = (await packs()).packs.find((one) => one.pack === "research");
}

test("C-1: the AgentOS runbook's switch stops a pack and everything, says so per pack, and lets run again", async () => {
  await startScout();
  const off = switchView.parse(await (await turn("pack/research", false, "responder")).json());
  expect(off).toMatchObject({ scope: "pack", target: "research", enabled: false, stop: { verified: true } });
  expect(off.stop?.results).toMatchObject([{ agentId: "scout", state: "verified_stopped" }]);
  const holdId = off.stop?.hold.id;
  expect((await packs()).packs).toMatchObject([
    { pack: "research", enabled: false, level: "freeze", agents: 1, holds: [{ id: holdId }] },
  ]);
  expect((await home.firebreak(["stop", "--status"])).out).toContain(holdId);

  expect(await (await turn("global", false, "commander")).json()).toMatchObject({ target: null, enabled: false });
  const still = switchView.parse(await (await turn("pack/research", true, "owner")).json());
  expect(still).toMatchObject({ enabled: false, resumed: [{ hold: { id: holdId } }], holds: [{ scope: "global" }] });

  // a token of any role is a machine's: letting run again needs a person
  expect((await turn("global", true, "commander")).status).toBe(403);
  const on = switchView.parse(await (await turn("global", true, "owner")).json());
  expect(on).toMatchObject({
    enabled: true,
    holds: [],
    resumed: [{ resumed: [{ agentId: "scout", state: "running" }] }],
  });
  expect(await packs()).toMatchObject({ global: { enabled: true }, packs: [{ enabled: true, level: null }] });
  expect(await (await turn("global", true, "owner")).json()).toMatchObject({ enabled: true, resumed: [] });
});

test("C-1: the switch asks for the role: a viewer turns nothing, a responder not everything and nothing on", async () => {
  for (const [path, enabled, role] of [
    ["pack/research", false, "viewer"],
    ["pack/research", true, "responder"],
    ["global", false, "responder"],
    ["global", true, "responder"],
  ] as const) {
    expect((await turn(path, enabled, role)).status, `${path} ${enabled} as ${role}`).toBe(403);
  }
  expect((await packs()).global.enabled).toBe(true);
  expect((await turn("pack/no%20such%2Fname", false, "commander")).status).toBe(400);
});

test("C-1: a stopped pack that nobody has seen yet is listed, and a tool is stopped by name", async () => {
  await turn("pack/future", false, "responder");
  expect((await packs()).packs).toContainEqual(expect.objectContaining({ pack: "future", agents: 0, enabled: false }));
  const tool = await home.firebreak(["stop", "--tool", "wallet.send", "--reason", "drill"]);
  expect(tool.code).toBe(0);
  expect(tool.out).toMatch(/\(deny\) on tool wallet\.send: drill\nGates deny this tool from now on/);
});

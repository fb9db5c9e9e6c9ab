import { alertView, pageOf, silencePreview, silenceView } from "@firebreak/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { z } from "zod";
import { createHome, endLeftovers, up } from "./firebreak.ts";
import type { Home, Up } from "./firebreak.ts";

let home: Home;
let running: Up;

beforeAll(async () => {
  home = createHome();
  running = await up(home);
});
afterAll(async () => {
  running.server.child.kill("SIGTERM");
  await running.server.ended;
  endLeftovers();
  home.remove();
});

const run = (...words: string[]) => home.firebreak(words);

/** The command succeeds with --json, and says nothing else. */
async function json<T>(schema: z.ZodType<T>, ...words: string[]): Promise<T> {
  const ended = await home.firebreak([...words, "--json"]);
  expect(ended).toMatchObject({ code: 0, error: "" });
  return schema.parse(JSON.parse(ended.out));
}

/** A command with raised privileges: a rule of level 2 that the profile binds to a playbook. */
async function misbehave(agent: string, command: string): Promise<void> {
  const event = JSON.stringify({ agent: { id: agent }, kind: "command", data: { command } });
  expect((await home.firebreak(["events", "send", "-"], { input: event })).code).toBe(0);
}

async function alertOf(agent: string): Promise<z.infer<typeof alertView>> {
  for (const until = Date.now() + 20_000; Date.now() < until;) {
    const page = await json(pageOf(alertView), "alerts", "list", "--match", `agent=${agent}`);
    const found = page.items.find(({ disposition }) => disposition !== "undecided");
    if (found !== undefined) return found;
  }
  throw new Error(`no alert of ${agent} was decided within 20 s`);
}

describe("D-9: alerts and silences from the command line", () => {
  test("a silence is previewed, refused when too wide, holds, is shown with what it holds, and lets go", async () => {
    const words = ["agent=quiet", "--mutes-containment", "--reason", "a drill"];
    const wide = await run("silence", "add", 'alertname=~".*"', "--for", "1h", "--reason", "peace");
    expect([wide.code, wide.error]).toEqual([1, expect.stringContaining("it would mute nearly every alert")]);
    expect(await json(silencePreview, "silence", "preview", "agent=quiet")).toMatchObject({ matched: 0, warnings: [] });
    const silence = await json(silenceView, "silence", "add", ...words, "--for", "1h");
    expect(silence).toMatchObject({ kind: "silence", state: "active", matchersText: 'agent="quiet"' });

    await misbehave("quiet", "sudo id");
    const held = await alertOf("quiet");
    expect(held).toMatchObject({ disposition: "held", incidentId: null });
    expect((await run("alerts", "list", "--held")).out).toContain(`silenced ${silence.id}`);
    expect((await run("alerts", "show", held.id)).out).toMatch(/silence +held by the silence sil_\w+, until 2/);
    expect((await run("silence", "list")).out).toMatch(/sil_\w+ +active +\S+ \S+ +1 /);

    expect((await run("silence", "expire", silence.id, "--reason", "over")).out).toContain("is over.");
    await expect.poll(async () => (await alertOf("quiet")).incidentId, { timeout: 20_000 }).toMatch(/^INC-/);
    expect((await run("silence", "expire", silence.id, "--reason", "over")).code).not.toBe(0);
    expect((await run("silence", "show", silence.id)).out).toContain("Ended early: over");
  });

  test("an alert is taken in hand and resolved", async () => {
    await misbehave("loud", "sudo id");
    const { id } = await alertOf("loud");
    expect((await run("alerts", "ack", id)).out).toContain(`${id} is in the hands of`);
    expect((await run("alerts", "list")).out).toMatch(new RegExp(`${id} .*in hand`));
    expect((await run("alerts", "resolve", id, "--reason", "was a person")).out).toBe(`${id} is resolved.\n`);
    expect((await run("alerts", "list", "--match", "agent=loud")).out).toBe("No such alert.\n");
    expect((await run("alerts", "list", "--all", "--match", "agent=loud")).out).toContain("resolved");
  });

  test("a maintenance window comes back every week", async () => {
    const words = [
      "agent=scout",
      "--for",
      "30d",
      "--reason",
      "backup",
      "--weekly",
      "sat,sun 22:00-06:00 Europe/Berlin",
    ];
    const window = await json(silenceView, "maintenance", "add", ...words);
    expect(window.weekly).toEqual({ days: ["sat", "sun"], from: "22:00", to: "06:00", timeZone: "Europe/Berlin" });
    expect((await run("maintenance", "show", window.id)).out).toContain(
      "Every sat, sun from 22:00 to 06:00 in Europe/Berlin",
    );
  });

  test("muting automatic containment needs the role commander", async () => {
    const words = ["silence", "add", "agent=scout", "--for", "1h", "--reason", "a drill"];
    const token = (await run("token", "create", "responder", "--access", "responder")).out.trim();
    const asResponder = { variables: { FIREBREAK_TOKEN: token } };
    const refused = await home.firebreak([...words, "--mutes-containment"], asResponder);
    expect([refused.code, refused.error]).toEqual([4, expect.stringContaining("needs the role commander")]);
    expect((await home.firebreak(words, asResponder)).code).toBe(0);
  });

  test.each([
    [["silence", "add", "team=db", "--reason", "why"], /Give --for or --until/],
    [["silence", "add", "team=db", "--reason", "why", "--for", "2 hours"], /such as 30m, 2h or 7d/],
    [["silence", "add", "team=db", "--reason", "why", "--until", "tomorrow"], /a time with its zone/],
    [["silence", "add", "team=db", "--reason", "why", "--for", "1h", "--weekly", "never"], /"sat,sun 22:00-06:00/],
    [["silence", "add", "team", "--reason", "why", "--for", "1h"], /a matcher such as team="db" is expected/],
    [["silence", "preview", 'team=~"("'], /an opening bracket without a closing one/],
  ] as const)("%j is refused with what to do", async (words, message) => {
    const ended = await home.firebreak(words);
    expect(ended.code).not.toBe(0);
    expect(ended.error).toMatch(message);
  });
});

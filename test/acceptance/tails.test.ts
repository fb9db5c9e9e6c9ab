import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { alertView, eventView, pageOf, tailsView } from "@firebreak/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { Installation } from "../harness/firebreak.ts";
import { waitFor } from "../harness/processes.ts";

/** rules/agent/destructive-command.yml */
const RECURSIVE_FORCED_DELETION = "5e1f1a52-8f0a-4f0e-9b53-1f6f0f3f8b01";

const dryRun = z.object({ lines: z.number(), events: z.array(z.object({ kind: z.string() }).loose()) });
const ingested = z.object({ lines: z.number(), stored: z.number(), known: z.number(), unreadable: z.number() });

describe("E2E D-3: log files of agents, with no code for any of them", () => {
  let installation: Installation;
  let log: string;

  beforeAll(async () => {
    installation = new Installation();
    const logs = path.join(installation.workspace, "logs");
    mkdirSync(logs);
    log = path.join(logs, "tool-execution.jsonl");
    writeFileSync(log, "");
    const tail = { name: "openclaw-tools", paths: [log], map: "openclaw-tool-execution" };
    writeFileSync(path.join(installation.home, "tails.yaml"), JSON.stringify({ tails: [tail] }));
    await installation.startServer();
    await waitFor("the tail to begin", 30_000, async () => {
      const { items } = await installation.call(tailsView, "GET", "/tails");
      return items[0]?.files === 1 ? items : undefined;
    });
  }, 60_000);
  afterAll(() => installation.close());

  test("a tool-execution line that holds rm -rf raises the alert within a second of being written", async () => {
    const took: number[] = [];
    for (let round = 1; round <= 5; round++) {
      const agent = `claw-${round}`;
      const writtenMs = performance.now();
      const line = {
        timestamp: new Date().toISOString(),
        agent_id: agent,
        tool_name: "exec",
        tool_args: { command: "rm -rf /srv/data" },
      };
      appendFileSync(log, `${JSON.stringify(line)}\n`);
      await waitFor(`the alert of ${agent}`, 30_000, async () => {
        const { items } = await installation.call(pageOf(alertView), "GET", "/alerts?limit=50");
        return items.find((alert) => alert.agentId === agent && alert.ruleId === RECURSIVE_FORCED_DELETION);
      });
      took.push(performance.now() - writtenMs);
    }
    // the fastest: on a machine that is busy with other tests the others say how busy it is
    expect(Math.min(...took), `milliseconds: ${took.map(Math.round).join(", ")}`).toBeLessThan(1_000);
  }, 60_000);

  test("firebreak tail list shows how the file fares; what cannot be read is named", async () => {
    appendFileSync(log, "this is not JSON\n");
    await waitFor("the line to be read", 30_000, async () => {
      const { value, code } = await installation.json(tailsView, "tail", "list");
      const [tail] = value.items;
      return code === 0 && tail?.unreadable === 1 && tail.lastProblem !== null ? tail : undefined;
    });
    const { items } = await installation.call(pageOf(eventView), "GET", "/events?agent=openclaw&kind=log");
    expect(items[0]?.data).toMatchObject({ content: "this is not JSON", problem: expect.stringContaining("not JSON") });
  }, 30_000);

  test("firebreak ingest shows first what lines become, and stores a file once, also one that is tailed", async () => {
    const old = path.join(installation.workspace, "auth.log");
    writeFileSync(
      old,
      "2026-02-27T10:00:00+01:00 gate sshd[7]: Failed password for root from 203.0.113.9 port 1 ssh2\n".repeat(3),
    );
    const shown = await installation.json(dryRun, "ingest", old, "--dry-run");
    expect(shown).toMatchObject({
      code: 0,
      value: { lines: 3, events: [{ kind: "auth" }, { kind: "auth" }, { kind: "auth" }] },
    });
    for (const expected of [
      { stored: 3, known: 0 },
      { stored: 0, known: 3 },
    ]) {
      const { value, code } = await installation.json(ingested, "ingest", old);
      expect({ code, value }).toMatchObject({ code: 0, value: { lines: 3, unreadable: 0, ...expected } });
    }
    const tailed = await installation.json(ingested, "ingest", log);
    // the line that is not JSON tells no time, so nothing but its moment could say that it is the same
    expect(tailed.value).toMatchObject({ lines: 6, known: 5, stored: 1 });
  }, 60_000);
});

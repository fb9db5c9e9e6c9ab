import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { guardView, incidentDetail, incidentSummary, pageOf, reactionView } from "@firebreak/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { Installation, repository } from "../harness/firebreak.ts";
import { waitFor } from "../harness/processes.ts";

const published = z.object({ throttle: z.object({ level: z.string(), maxConcurrent: z.number() }).nullable() });

/** Of a machine that is in an emergency as soon as anything works on it, so that no test has to load a machine whole. */
const GUARD = `guard:
  cpuPercent: { warn: 2, critical: 3, emergency: 4 }
  memoryPercent: { warn: 98, critical: 99, emergency: 100 }
  riseSeconds: { cpu: 0, memory: 600, disk: 600 }
  fallSeconds: 0
  hysteresisPercent: 0
  stops: { mode: act, afterSeconds: 0, betweenSeconds: 0, worthPercent: 2 }
  priorities: []

`;

/** Processor time that a process has used, in ticks of 10 ms. */
function cpuTicks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

describe("E2E D-2: a machine in an emergency", () => {
  let installation: Installation;

  beforeAll(async () => {
    installation = new Installation({ FIREBREAK_RESOURCE_GUARD: "on" });
    const shipped = readFileSync(path.join(repository, "profiles/ai-empire/profile.yaml"), "utf8");
    const profile = shipped.replace(/^guard:\n(?: .*\n|\n(?= ))+\n/m, GUARD);
    if (!profile.includes(GUARD)) throw new Error("the shipped profile has no guard to replace");
    writeFileSync(path.join(installation.home, "profile.yaml"), profile);
    await installation.startServer();
  }, 60_000);
  afterAll(() => installation.close());

  test("refuses new work at every gate, then freezes the agent that burns the processor, and no other", async () => {
    const burn = [process.execPath, "-e", "for (;;);", "--", "--api-key=sk-not-a-real-secret"];
    installation.start(["run", "--agent", "burner", "--", ...burn], installation.workspace);
    installation.start(["run", "--agent", "quiet", "--", "sleep", "600"], installation.workspace);
    const frozen = await waitFor("the burner to be frozen", 60_000, async () => {
      const { items } = await installation.call(pageOf(reactionView), "GET", "/reactions");
      return items.find((one) => one.rule === "resource-guard" && one.state === "applied");
    });
    expect(frozen).toMatchObject({ what: "agent.freeze", agentId: "burner", mode: "act" });
    const processes = installation.agentProcesses();
    const burner = processes.find(({ command }) => command.includes("for (;;);"))?.pid ?? 0;
    const before = cpuTicks(burner);
    await new Promise((resolve) => setTimeout(resolve, 500)); // what burns the processor would use much of it
    expect(cpuTicks(burner) - before).toBe(0);

    const view = await installation.call(guardView, "GET", "/guard");
    expect(view.stops).toMatchObject([{ agentId: "burner", effector: "agent.freeze", state: "applied" }]);
    const policy = JSON.parse(readFileSync(path.join(installation.home, "killswitch/policy.json"), "utf8"));
    expect(published.parse(policy).throttle).toEqual({ level: "emergency", maxConcurrent: 0 });
  }, 90_000);

  test("names who used most with the alert, without secrets; only a person lets the agent run again", async () => {
    const { items } = await installation.call(pageOf(incidentSummary), "GET", "/incidents");
    const incident = await installation.call(incidentDetail, "GET", `/incidents/${items[0]?.id}`);
    expect(incident).toMatchObject({ severity: 2, type: "agent_runaway" });
    const emergency = incident.alerts.find(({ title }) => title.startsWith("Resource emergency on "));
    expect(emergency?.sentence).toMatch(/CPU \d+ % \(tier 4 %\).*Most CPU: .+ \(pid \d+.*\) \d+ %/);
    expect(JSON.stringify(incident)).not.toContain("sk-not-a-real-secret");
    expect(incident.timeline.map(({ text }) => text).join("\n")).toContain("agent.freeze to session");
    expect(incident.holds.map(({ scope, level }) => `${level} ${scope}`)).toEqual(["freeze session"]);
    const [hold] = incident.holds;
    const resumed = await installation.json(z.object({}).loose(), "resume", hold?.id ?? "", "--reason", "it may go on");
    expect(resumed.code).toBe(0);
  }, 60_000);
});

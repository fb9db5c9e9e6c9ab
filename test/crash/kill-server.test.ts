import { readFileSync } from "node:fs";
import path from "node:path";
import {
  auditVerdictView,
  eventView,
  evidenceVerification,
  incidentDetail,
  incidentSummary,
  killswitchView,
  pageOf,
} from "@firebreak/protocol";
import type { IncidentDetail } from "@firebreak/protocol";
import { describe, expect, test } from "vitest";
import { startSmtpSink } from "../fakes/smtp-sink.ts";
import { startWebhookReceiver } from "../fakes/webhook-receiver.ts";
import { Installation } from "../harness/firebreak.ts";
import { waitFor } from "../harness/processes.ts";

/** How often the server is killed; `KILL_ROUNDS=50 npx vitest run test/crash` is the long run. */
const ROUNDS = Number(process.env["KILL_ROUNDS"] ?? 6);
/** From the agent's start: the calm phase, the detection, each step of the playbook and the time after it. */
const KILL_WITHIN_MS = 4_000;
const ENDED = ["completed", "completed_with_exceptions", "failed", "aborted"];

interface Acknowledged {
  readonly ids: string[];
  stop(): Promise<void>;
}

/** A sender that goes on through the server's death and remembers what was acknowledged. */
function startWitness(installation: Installation, round: number): Acknowledged {
  const ids: string[] = [];
  const stopping = new AbortController();
  const loop = (async () => {
    for (let number = 0; !stopping.signal.aborted; number++) {
      const id = `witness-${round}-${number}`;
      const event = { id, time: new Date().toISOString(), agent: { id: "witness" }, kind: "log", data: { number } };
      try {
        const response = await installation.send("POST", "/events", event);
        await response.body?.cancel();
        if (response.ok) ids.push(id);
      } catch {
        // not acknowledged: nothing was promised
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  return {
    ids,
    stop: async () => {
      stopping.abort();
      await loop;
    },
  };
}

async function readAllEventIds(installation: Installation, agent: string): Promise<string[]> {
  const ids: string[] = [];
  let after: string | null = "";
  while (after !== null) {
    const query: string = after === "" ? "" : `&after=${after}`;
    const page: { items: { id: string }[]; next: string | null } = await installation.call(
      pageOf(eventView),
      "GET",
      `/events?agent=${agent}&limit=500${query}`,
    );
    ids.push(...page.items.map((event) => event.id));
    after = page.next;
  }
  return ids;
}

async function untilContained(installation: Installation): Promise<IncidentDetail> {
  let seen = "no incident";
  const contained = waitFor("the playbook and the deliveries to end", 90_000, async () => {
    const { items } = await installation.call(pageOf(incidentSummary), "GET", "/incidents?limit=10");
    const [first] = items;
    if (first === undefined) return undefined;
    const incident = await installation.call(incidentDetail, "GET", `/incidents/${first.id}`);
    const { runs, deliveries } = incident;
    seen = JSON.stringify({
      runs,
      deliveries: deliveries.map(({ template, channel, state }) => [template, channel, state]),
    });
    const isOver = runs.length > 0 && runs.every((run) => ENDED.includes(run.state));
    const areTold = deliveries.length >= 4 && deliveries.every((one) => one.state === "delivered");
    return isOver && areTold ? incident : undefined;
  });
  return contained.catch((fault: unknown) => {
    throw new Error(`${String(fault)}; last seen: ${seen}`);
  });
}

/** A number from 0 to 1 that is the same for the same round, so that a failure can be repeated. */
function fractionOf(round: number): number {
  return ((round * 2654435761) % 4294967296) / 4294967296;
}

async function playRound(round: number): Promise<void> {
  // a message that was on its way at the kill is sent again under the same key: receivers know it by that
  const webhook = await startWebhookReceiver({ dropRepeats: true });
  const mail = await startSmtpSink({ dropRepeats: true });
  const installation = new Installation();
  installation.writeChannels([
    `{ name: ops, kind: webhook, url: "${webhook.url}" }`,
    `{ name: owner, kind: email, smtpUrl: "${mail.url}", from: firebreak@example.org, to: [owner@example.org] }`,
  ]);
  try {
    const first = await installation.startServer();
    const port = Number(new URL(installation.url).port);
    const witness = startWitness(installation, round);
    installation.startRogueAgent(["--calm-ms", "300", "--seed", String(round + 1)]);
    await new Promise((resolve) => setTimeout(resolve, fractionOf(round) * KILL_WITHIN_MS));
    first.process.kill("SIGKILL");
    await first.ended;
    await installation.startServer(port);
    const incident = await untilContained(installation);
    await witness.stop();
    await checkInvariants(installation, incident, witness.ids);
    for (const template of ["initial", "contained"]) {
      await webhook.expect({ template, incidentId: incident.id });
      await mail.expect({ subject: new RegExp(incident.id) });
    }
    expect(webhook.received.map((message) => message.template).toSorted()).toEqual(["contained", "initial"]);
    expect(mail.received).toHaveLength(2);
  } finally {
    await installation.close();
  }
  await webhook.close();
  await mail.close();
}

async function checkInvariants(installation: Installation, incident: IncidentDetail, acknowledged: readonly string[]) {
  // the agent is stopped, whatever happened to the server
  expect(installation.agentProcesses()).toEqual([]);
  // nothing acknowledged is lost, nothing is counted twice
  const stored = await readAllEventIds(installation, "witness");
  expect(stored.length).toBe(new Set(stored).size);
  const known = new Set(stored);
  expect(acknowledged.filter((id) => !known.has(id))).toEqual([]);
  expect(acknowledged.length).toBeGreaterThan(0);
  // nothing is done twice: one incident, one run, each step once to its end, one hold a level, one sealed archive
  const { items } = await installation.call(pageOf(incidentSummary), "GET", "/incidents?limit=10");
  expect(items).toHaveLength(1);
  expect(incident.runs.map((run) => run.state)).toEqual(["completed"]);
  expect(incident.runs[0]?.steps.map((step) => step.state)).toEqual(Array.from({ length: 6 }, () => "succeeded"));
  const { holds } = await installation.call(killswitchView, "GET", "/killswitch");
  expect(holds.map((hold) => hold.level).toSorted()).toEqual(["deny", "freeze", "kill"]);
  expect(incident.evidence).toHaveLength(1);
  const archive = incident.evidence[0]?.directory ?? "";
  const verdict = await installation.json(evidenceVerification.omit({ id: true }), "evidence", "verify", archive);
  expect(verdict.value).toMatchObject({ intact: true });
  // the log over all of it has no break, and the tables say what it says
  const log = await installation.json(auditVerdictView, "audit", "verify");
  expect(log.value).toMatchObject({ intact: true, findingsTotal: 0, tableFindings: [] });
  expect(incident.deliveries).toHaveLength(4);
  expect(incident.timeline.length).toBe(new Set(incident.timeline.map((entry) => entry.id)).size);
  const opened = incident.timeline.filter((entry) => entry.text.toLowerCase().includes("opened"));
  expect(opened.length).toBeLessThanOrEqual(1);
  expect(readFileSync(path.join(installation.home, "killswitch/journal.jsonl"), "utf8")).not.toBe("");
}

describe("E2E P-1, C-2: kill -9 of the server at any moment of the main job", () => {
  test.each(Array.from({ length: ROUNDS }, (_, round) => round))(
    "round %i: nothing acknowledged is lost, nothing is done twice, the agent is stopped",
    { timeout: 180_000 },
    (round) => playRound(round),
  );
});

import { existsSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import {
  evidenceVerification,
  incidentDetail,
  incidentSummary,
  killswitchView,
  pageOf,
  resumeReceipt,
  reviewView,
} from "@firebreak/protocol";
import type { IncidentDetail } from "@firebreak/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTestDatabase } from "../../packages/server/src/storage/testing.ts";
import { startSmtpSink } from "../fakes/smtp-sink.ts";
import { startWebhookReceiver } from "../fakes/webhook-receiver.ts";
import { Installation } from "../harness/firebreak.ts";
import type { Child } from "../harness/firebreak.ts";
import { waitFor } from "../harness/processes.ts";

const SECRET = "a-webhook-secret-of-the-test";
const ENDED = ["completed", "completed_with_exceptions", "failed", "aborted"];

/** Where the data lies: the embedded server, or one named by DATABASE_URL. */
const STORAGES = [
  { name: "embedded PostgreSQL", open: async () => ({ databaseUrl: undefined, close: async () => {} }) },
  { name: "the distribution's PostgreSQL by DATABASE_URL", open: () => createTestDatabase({ server: "distribution" }) },
];

describe.each(STORAGES)("E2E main job on $name", ({ open }) => {
  let storage: { databaseUrl: string | undefined; close(): Promise<void> };
  let webhook: Awaited<ReturnType<typeof startWebhookReceiver>>;
  let mail: Awaited<ReturnType<typeof startSmtpSink>>;
  let installation: Installation;
  let agent: Child;
  let incident: IncidentDetail;

  const readIncident = () => installation.call(incidentDetail, "GET", `/incidents/${incident.id}`);

  beforeAll(async () => {
    storage = await open();
    webhook = await startWebhookReceiver({ secret: SECRET });
    mail = await startSmtpSink();
    const { databaseUrl } = storage;
    installation = new Installation({
      TEST_WEBHOOK_SECRET: SECRET,
      DEMO_API_KEY: "sk-this-must-never-be-seen-anywhere",
      ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
    });
    installation.writeChannels([
      `{ name: ops, kind: webhook, url: "${webhook.url}", secretEnv: TEST_WEBHOOK_SECRET }`,
      `{ name: owner, kind: email, smtpUrl: "${mail.url}", from: firebreak@example.org, to: [owner@example.org] }`,
    ]);
    await installation.startServer();
    agent = installation.startRogueAgent();
  });

  afterAll(async () => {
    await installation.close();
    await webhook.close();
    await mail.close();
    await storage.close();
  });

  test("D-5: the agent's telemetry over HTTP and from its output raises both alerts, and one incident", async () => {
    incident = await waitFor("both alerts on one incident", 60_000, async () => {
      const { items } = await installation.call(pageOf(incidentSummary), "GET", "/incidents?limit=10");
      const [first] = items;
      if (first === undefined) return undefined;
      const detail = await installation.call(incidentDetail, "GET", `/incidents/${first.id}`);
      const titles = detail.alerts.map((alert) => alert.title).join("\n");
      // the page is read piece by piece: the alert may be on it a moment before the severity it raised
      return /command/i.test(titles) && /deletion/i.test(titles) && detail.severity === 1 ? detail : undefined;
    });
    expect(incident.id).toMatch(new RegExp(`^INC-${new Date().getUTCFullYear()}-0001$`));
    expect(incident).toMatchObject({ severity: 1, severityLabel: "SEV-1", agentId: "scout", pack: "research" });
    expect(incident.clocks.map((clock) => clock.kind).toSorted()).toEqual(["contain", "resolve", "respond"]);
    const page = await installation.call(pageOf(incidentSummary), "GET", "/incidents?limit=10");
    expect(page.items).toHaveLength(1);
  });

  test("C-2: the whole tree is denied, frozen, evidenced, killed and proved stopped, in that order", async () => {
    incident = await waitFor("the playbook to end", 30_000, async () => {
      const detail = await readIncident();
      return detail.runs.some((run) => ENDED.includes(run.state)) ? detail : undefined;
    });
    expect(incident.runs).toHaveLength(1);
    const [run] = incident.runs;
    expect(run?.state).toBe("completed");
    expect(run?.steps.map((step) => [step.id, step.state])).toEqual([
      ["deny", "succeeded"],
      ["freeze", "succeeded"],
      ["evidence", "succeeded"],
      ["kill", "succeeded"],
      ["verify_stopped", "succeeded"],
      ["notify", "succeeded"],
    ]);
    const freeze = incident.stops.find((stop) => stop.hold.level === "freeze");
    expect(freeze?.verified).toBe(true);
    // the program itself, its children and grandchildren, the detached one and the one that ignores SIGTERM
    expect(freeze?.results[0]?.processes).toBeGreaterThanOrEqual(6);
    expect(incident.stops.find((stop) => stop.hold.level === "kill")?.verified).toBe(true);
    expect(incident.state).toBe("contained");
    expect(incident.tripToStopMs).toBeGreaterThan(0);
    expect(installation.agentProcesses()).toEqual([]);
    expect((await agent.ended).code).toBe(137);
  });

  test("E-1, E-2, E-3: evidence of the frozen tree was sealed before the kill, holds no secret, and verifies", async () => {
    expect(incident.evidence).toHaveLength(1);
    const [archive] = incident.evidence;
    if (archive === undefined) throw new Error("no archive");
    const { value, code } = await installation.json(
      evidenceVerification.omit({ id: true }),
      "evidence",
      "verify",
      archive.directory,
    );
    expect(code).toBe(0);
    expect(value).toMatchObject({ intact: true, findings: [] });
    const blobs = path.join(archive.directory, "blobs");
    const contents = readdirSync(blobs).map((name) => readFileSync(path.join(blobs, name), "utf8"));
    const tree = contents.find((text) => text.includes('"processes"') && text.includes('"openFiles"')) ?? "";
    expect(JSON.parse(tree).processes.length).toBeGreaterThanOrEqual(6);
    expect(tree).toContain("DEMO_API_KEY=[REDACTED: KEY");
    expect(contents.join("\n")).not.toContain("must-never-be-seen");
    const kill = incident.stops.find((stop) => stop.hold.level === "kill");
    expect(Date.parse(archive.collectedAt)).toBeLessThanOrEqual(Date.parse(kill?.completedAt ?? ""));
  });

  test("M-1: webhook and mail are delivered once each, and the deliveries are shown", async () => {
    for (const template of ["initial", "contained"]) {
      await webhook.expect({ template, incidentId: incident.id });
      await mail.expect({ subject: new RegExp(incident.id), to: "owner@example.org" });
    }
    const deliveries = await waitFor("the deliveries to be recorded", 30_000, async () => {
      const detail = await readIncident();
      return detail.deliveries.every((one) => one.state === "delivered") ? detail.deliveries : undefined;
    });
    expect(deliveries.map((one) => `${one.template} ${one.channel}`).toSorted()).toEqual([
      "contained ops",
      "contained owner",
      "initial ops",
      "initial owner",
    ]);
    expect(new Set(webhook.keys).size).toBe(2);
  });

  test("C-1: the agent cannot be started again until a person resumes it with a reason", async () => {
    const refused = installation.startRogueAgent();
    expect((await refused.ended).code).toBe(75);
    expect(refused.output()).toMatch(/hld_/);
    await installation.call(incidentDetail, "POST", `/incidents/${incident.id}/acknowledge`, {});
    const { holds } = await installation.call(killswitchView, "GET", "/killswitch");
    expect(holds.map((hold) => hold.level).toSorted()).toEqual(["deny", "freeze", "kill"]);
    const { code } = await installation.json(
      resumeReceipt,
      "resume",
      holds[0]?.id ?? "",
      "--checked",
      "--reason",
      "the prompt was mended",
    );
    expect(code).toBe(0);
    const after = await installation.call(killswitchView, "GET", "/killswitch");
    expect(after.holds).toEqual([]);
    expect(after.history.every((hold) => hold.releaseReason === "the prompt was mended")).toBe(true);
    const again = installation.start(["run", "--agent", "scout", "--", process.execPath, "-e", ""]);
    expect((await again.ended).code).toBe(0);
  });

  test("L-1: once resolved, the review is drafted with the real timeline and the times against the targets", async () => {
    const summary = "The agent was stopped and mended.";
    await installation.call(incidentDetail, "POST", `/incidents/${incident.id}/resolve`, {
      summary,
      rootCause: "A test.",
    });
    await webhook.expect({ template: "resolved", incidentId: incident.id });
    await mail.expect({ subject: new RegExp(incident.id), to: "owner@example.org" });
    const { value: review } = await installation.json(reviewView, "review", incident.id);
    const detail = await readIncident();
    expect(detail.state).toBe("resolved");
    expect(review.markdown).toContain(incident.id);
    expect(review.markdown).toContain("SEV-1");
    expect(review.markdown).toContain(summary);
    expect(review.markdown).toMatch(/met/);
    expect(review.markdown).toContain(incident.evidence[0]?.manifestSha256.slice(0, 12));
    expect(detail.clocks.every((clock) => clock.stoppedAt !== null && !clock.breached)).toBe(true);
    expect(existsSync(path.join(installation.home, "killswitch/journal.jsonl"))).toBe(true);
  });
});

import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import {
  groupHolds,
  incidentDetail,
  incidentSummary,
  killswitchView,
  pageOf,
  resumeReceipt,
  reviewView,
} from "@firebreak/protocol";
import type { IncidentDetail, StopResult } from "@firebreak/protocol";
import { verifyArchive } from "../../evidence/index.ts";
import { ensurePrivateDir, OperatorError } from "../../kernel/index.ts";
import { createApiClient } from "../client.ts";
import type { ApiClient } from "../client.ts";
import type { CommandContext } from "../command.ts";
import { durationText, severityText } from "../format.ts";
import { rogueAgentFile } from "../installation.ts";
import { printable } from "../printable.ts";
import { endChild, startFirebreak, waitFor } from "./child.ts";
import type { DemoChild } from "./child.ts";
import type { Receivers } from "./receivers.ts";

export { startReceivers } from "./receivers.ts";

const START_TIMEOUT_MS = 60_000;
const DETECT_TIMEOUT_MS = 60_000;
const CONTAIN_TIMEOUT_MS = 60_000;
const AGENT_SECONDS = "120";

export interface DemoResult {
  readonly home: string;
  readonly url: string;
  readonly startedInMs: number;
  readonly incidentId: string;
  readonly severity: string;
  readonly state: string;
  readonly detectMs: number;
  readonly tripToStopMs: number | null;
  readonly run: { readonly id: string; readonly state: string };
  readonly stops: readonly {
    readonly level: string;
    readonly verified: boolean;
    readonly results: readonly StopResult[];
  }[];
  readonly evidence: { readonly directory: string; readonly items: number; readonly intact: boolean };
  readonly notifications: readonly { readonly channel: string; readonly subject: string }[];
  readonly agentExitCode: number;
  readonly reviewFile: string;
}

export interface Stage {
  readonly context: CommandContext;
  readonly home: string;
  /** of the agent; outside the home, which evidence leaves out */
  readonly workspace: string;
  readonly receivers: Receivers;
  readonly client: ApiClient;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly children: DemoChild[];
  /** aborted when a person ends the demo */
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
}

/** Sets a stage of its own: home, channels, workspace. */
export function setStage(context: CommandContext, home: string, receivers: Receivers, signal: AbortSignal): Stage {
  ensurePrivateDir(home);
  const channels = [
    "channels:",
    `  - { name: demo-webhook, kind: webhook, url: "${receivers.webhookUrl}" }`,
    `  - { name: demo-mail, kind: email, smtpUrl: "${receivers.smtpUrl}", from: firebreak@example.org, to: [owner@example.org] }`,
    "",
  ];
  writeFileSync(path.join(home, "channels.yaml"), channels.join("\n"));
  const environment = {
    ...context.environment,
    // the demo is about one rogue agent, however busy this machine is
    FIREBREAK_RESOURCE_GUARD: "off",
    // the demo takes its home away again
    FIREBREAK_EVIDENCE_IMMUTABLE: "off",
    FIREBREAK_HOME: home,
    FIREBREAK_URL: undefined,
    FIREBREAK_TOKEN: undefined,
  };
  const config = { ...context.config, home };
  const { userName } = context;
  const client = createApiClient({ config, environment, fetchFrom: globalThis.fetch, userName });
  const say = (text: string) => context.output.line(text);
  const workspace = mkdtempSync(path.join(os.tmpdir(), "firebreak-demo-workspace-"));
  return { context, home, workspace, receivers, client, environment, signal, children: [], say };
}

/** Plays the whole story. Everything is real: the server, the agent's processes, the stop, the evidence. */
export async function playScenario(stage: Stage): Promise<DemoResult> {
  const { say, context } = stage;
  const { style } = context.output;
  say(style.bold("1. The server starts"));
  const server = await startServer(stage);
  say(`   ready at ${server.url} after ${durationText(server.startedInMs)}`);
  say(style.bold("2. An agent works under supervision, then goes rogue"));
  const agent = startAgent(stage);
  const incident = await untilIncident(stage, agent);
  say(style.bold("3. An alert opened an incident"));
  tellIncident(stage, incident);
  say(style.bold("4. The playbook contains it"));
  const contained = await untilContained(stage, incident.id);
  const agentExitCode = await agent.ended;
  tellContainment(stage, contained);
  const evidence = await checkEvidence(stage, contained);
  say(style.bold("5. People are told"));
  const told = await untilTold(stage);
  for (const one of told) say(`   ${one.channel}: ${one.subject}`);
  say(style.bold("6. A person resumes the agent, resolves, and gets the review"));
  const final = await settle(stage, incident.id);
  return {
    home: stage.home,
    url: server.url,
    startedInMs: server.startedInMs,
    incidentId: incident.id,
    severity: severityText(final.severityLabel, final.severity),
    state: final.state,
    detectMs: Date.parse(final.detectedAt) - Date.parse(final.beganAt),
    tripToStopMs: final.tripToStopMs,
    run: runOf(final),
    stops: final.stops.map(({ hold, verified, results }) => ({ level: hold.level, verified, results })),
    evidence,
    notifications: told,
    agentExitCode,
    reviewFile: path.join(stage.home, `review-${incident.id}.md`),
  };
}

async function startServer(stage: Stage): Promise<{ url: string; startedInMs: number }> {
  const started = performance.now();
  const child = startFirebreak(["up", "--port", "0"], { env: stage.environment, cwd: stage.home });
  stage.children.push(child);
  const server = await waitFor("the server", { timeoutMs: START_TIMEOUT_MS, signal: stage.signal }, async () => {
    if (child.process.exitCode !== null) throw new OperatorError(`The server ended: ${child.tail()}`, "See above.");
    return (await stage.client.find()) ?? undefined;
  });
  return { url: server.url, startedInMs: performance.now() - started };
}

function startAgent(stage: Stage): DemoChild {
  const { workspace } = stage;
  const command = [process.execPath, rogueAgentFile(), "--workspace", workspace, "--seconds", AGENT_SECONDS];
  const child = startFirebreak(
    ["run", "--agent", "scout", "--pack", "research", "--workspace", workspace, "--", ...command],
    { env: stage.environment, cwd: workspace },
  );
  stage.children.push(child);
  return child;
}

async function untilIncident(stage: Stage, agent: DemoChild) {
  return waitFor("an incident", { timeoutMs: DETECT_TIMEOUT_MS, signal: stage.signal }, async () => {
    if (agent.process.exitCode !== null)
      throw new OperatorError(`The agent ended early: ${agent.tail()}`, "Run the demo again.");
    const page = await stage.client.get(pageOf(incidentSummary), "/incidents?limit=1");
    return page.items[0];
  });
}

function tellIncident(
  { say }: Stage,
  incident: { id: string; severityLabel: string; severity: 1 | 2 | 3 | 4; title: string },
): void {
  say(`   ${incident.id}  ${severityText(incident.severityLabel, incident.severity)}  ${printable(incident.title)}`);
}

const ENDED = ["completed", "completed_with_exceptions", "failed", "aborted"];

async function untilContained(stage: Stage, incidentId: string): Promise<IncidentDetail> {
  return waitFor("the playbook to end", { timeoutMs: CONTAIN_TIMEOUT_MS, signal: stage.signal }, async () => {
    const incident = await stage.client.get(incidentDetail, `/incidents/${incidentId}`);
    const [run] = incident.runs;
    return run !== undefined && ENDED.includes(run.state) ? incident : undefined;
  });
}

function runOf(incident: IncidentDetail): { id: string; state: string } {
  const [run] = incident.runs;
  return { id: run?.id ?? "", state: run?.state ?? "missing" };
}

function tellContainment({ say, context }: Stage, incident: IncidentDetail): void {
  const { green, red } = context.output.style;
  for (const step of incident.runs[0]?.steps ?? []) {
    const mark = step.state === "succeeded" ? green("done") : red(step.state);
    say(`   ${mark}  ${printable(step.title)}: ${printable(step.message ?? "")}`);
  }
  if (incident.tripToStopMs !== null)
    say(`   from the trip to the verified stop: ${durationText(incident.tripToStopMs)}`);
}

async function checkEvidence(stage: Stage, incident: IncidentDetail): Promise<DemoResult["evidence"]> {
  const [archive] = incident.evidence;
  if (archive === undefined || !existsSync(archive.directory)) return { directory: "", items: 0, intact: false };
  const verdict = await verifyArchive(archive.directory);
  stage.say(
    `   evidence: ${verdict.items} items, ${verdict.intact ? "intact" : "NOT INTACT"}, ${readdirSync(archive.directory).length} files in ${archive.directory}`,
  );
  return { directory: archive.directory, items: verdict.items, intact: verdict.intact };
}

/** The first message and the one after containment, by both channels. */
const MESSAGES = 4;

async function untilTold(stage: Stage): Promise<DemoResult["notifications"]> {
  return waitFor("the notifications", { timeoutMs: CONTAIN_TIMEOUT_MS, signal: stage.signal }, async () => {
    const { received } = stage.receivers;
    return received.length >= MESSAGES ? [...received] : undefined;
  });
}

async function settle({ client, say, home }: Stage, incidentId: string): Promise<IncidentDetail> {
  await client.post(incidentDetail, `/incidents/${incidentId}/acknowledge`);
  const { holds, resumes } = await client.get(killswitchView, "/killswitch");
  const [hold] = groupHolds(holds)[0] ?? [];
  if (hold !== undefined) {
    const reason = "demo: the agent's instructions were mended";
    const checked = resumes.find((needs) => needs.holdId === hold.id)?.checklist ?? [];
    await client.post(resumeReceipt, `/killswitch/holds/${hold.id}/resume`, { reason, checked });
    say(`   resumed: ${reason}`);
  }
  await client.post(incidentDetail, `/incidents/${incidentId}/resolve`, {
    summary: "The demo's agent was stopped, its evidence kept, and it was resumed.",
    rootCause: "It is a program that goes rogue on purpose.",
  });
  const review = await client.post(reviewView, `/incidents/${incidentId}/review`);
  const file = path.join(home, `review-${incidentId}.md`);
  writeFileSync(file, review.markdown);
  say(`   review drafted: ${review.markdown.split("\n").length} lines, due ${review.dueAt}`);
  return client.get(incidentDetail, `/incidents/${incidentId}`);
}

const END_GRACE_MS = 15_000;

/** Ends every process of the demo, last first, and removes what the agent worked on. */
export async function clearStage(stage: Stage): Promise<void> {
  for (const child of stage.children.toReversed()) await endChild(child, END_GRACE_MS);
  rmSync(stage.workspace, { recursive: true, force: true });
}

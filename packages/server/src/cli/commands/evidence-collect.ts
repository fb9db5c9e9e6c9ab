import { setTimeout as wait } from "node:timers/promises";
import { collectionView, evidenceLevel, EVIDENCE_LEVELS } from "@firebreak/protocol";
import type { CollectionView, Completeness } from "@firebreak/protocol";
import type { CollectRequest } from "../../app/index.ts";
import { FirebreakError, OperatorError } from "../../kernel/index.ts";
import { usageError } from "../arguments.ts";
import { ServerUnusableError } from "../client.ts";
import type { Command, CommandContext } from "../command.ts";
import { ALWAYS, EXIT } from "../exit-codes.ts";
import { dataDir } from "../installation.ts";
import type { Output } from "../output.ts";
import { printable } from "../printable.ts";
import { listenForStop } from "../stop-signal.ts";

const POLL_MS = 500;
/** A kind of evidence that takes long is told of again. */
const REPEAT_MS = 10_000;
const GAPS_SHOWN = 40;

export const collectCommand: Command = {
  name: "evidence collect",
  summary: "seal what can be had of an agent or this host",
  description: [
    "Collects by level: quick (seconds: processes, connections, output, workspace), standard (minutes: also logs of the last " +
      "7 days, configuration without secrets, containers, agent sessions and more), full (everything, whatever its size). " +
      "Most volatile first; what cannot be had is an item with the reason. The result is a sealed archive.",
    "A server that runs does it, and the command shows how far it is; ending the command does not end it. Without a server " +
      "the command collects by itself, into the same home; the next server puts the archive on record. Ctrl-C then seals " +
      "what there is.",
  ],
  options: {
    agent: { type: "string", value: "ID", summary: "of every session of an agent" },
    session: { type: "string", value: "ID", summary: "of one session" },
    incident: { type: "string", value: "ID", summary: "of the incident's agents; else it belongs to it" },
    host: { type: "boolean", summary: "of this host, without an agent" },
    level: { type: "string", value: "LEVEL", summary: "quick, standard (default) or full" },
    reason: { type: "string", value: "TEXT", summary: "why, for the record (needed)" },
    "time-limit": { type: "string", value: "SECONDS", summary: "seal what was had by then (else the level's)" },
    memory: { type: "boolean", summary: "also the memory of the agent's processes (gcore)" },
    profile: { type: "string", value: "NAME", summary: "the profile, when no server runs" },
  },
  examples: [
    'firebreak evidence collect --agent scout --reason "leaks a key"',
    'firebreak evidence collect --agent scout --level quick --memory --reason "before the kill"',
    'firebreak evidence collect --host --level full --time-limit 3600 --reason "case 17" --json',
  ],
  exits: [...ALWAYS, "denied", "notFound"],
  run: async (context) => {
    const request = readRequest(context);
    const { output } = context;
    const sealed = (await collectByServer(context, request)) ?? (await collectHere(context, request));
    output.result(sealed);
    if (sealed.state === "sealed") showSealed(output, sealed);
    else
      output.line(output.style.red(`Nothing was sealed (${sealed.id}): ${printable(sealed.problem ?? sealed.state)}`));
    return sealed.state === "sealed" ? EXIT.ok : EXIT.failed;
  },
};

function readRequest({ args }: CommandContext): CollectRequest {
  const usage = (message: string) => usageError(collectCommand, message);
  const [agentId, sessionId, incidentId, host] = [
    args.text("agent"),
    args.text("session"),
    args.text("incident"),
    args.flag("host"),
  ];
  if (host && (agentId ?? sessionId) !== undefined) throw usage("--host is of no agent and no session.");
  if (!host && (agentId ?? sessionId ?? incidentId) === undefined) {
    throw usage("Say of what: --agent ID, --session ID, --incident ID or --host.");
  }
  const level = evidenceLevel.safeParse(args.text("level") ?? "standard");
  if (!level.success) throw usage(`--level is one of ${EVIDENCE_LEVELS.join(", ")}.`);
  const timeLimitSeconds = args.count("time-limit", { min: 1, max: 86_400 });
  return {
    ...(agentId === undefined ? {} : { agentId }),
    ...(sessionId === undefined ? {} : { sessionId }),
    ...(incidentId === undefined ? {} : { incidentId }),
    ...(host ? { host } : {}),
    ...(timeLimitSeconds === undefined ? {} : { timeLimitSeconds }),
    level: level.data,
    reason: args.requiredText("reason", 3),
    memory: args.flag("memory"),
  };
}

/** @returns null when no server can do it */
async function collectByServer(
  { client, output, args }: CommandContext,
  request: CollectRequest,
): Promise<CollectionView | null> {
  if ((await client.find()) === null) return null;
  let view: CollectionView;
  try {
    view = await client.post(collectionView, "/evidence/collections", request);
  } catch (fault) {
    if (!(fault instanceof ServerUnusableError)) throw fault;
    output.note(`firebreak: ${fault.message} Collecting without the server.`);
    return null;
  }
  if (args.text("profile") !== undefined) output.note("firebreak: the server collects, by its own profile.");
  output.note(`Collecting into ${view.id}; the server goes on when this command ends.`);
  const tell = progressTo(output);
  while (view.state === "running") {
    tell(view);
    await wait(POLL_MS);
    view = await client.get(collectionView, `/evidence/collections/${view.id}`);
  }
  return view;
}

async function collectHere(context: CommandContext, request: CollectRequest): Promise<CollectionView> {
  const { config, environment, clock, newId, userName, output } = context;
  const stop = listenForStop(() => process.exit(EXIT.failed));
  const tell = progressTo(output);
  let startedAt = "";
  try {
    const { collectWithoutServer } = await import("../../app/index.ts");
    const summary = await collectWithoutServer({
      config,
      environment,
      clock,
      newId,
      request,
      dataDir: dataDir(),
      actor: { kind: "cli", id: userName, name: userName },
      signal: stop.signal,
      onProgress: (record) => {
        startedAt = record.startedAt;
        tell({ ...record.progress, startedAt });
      },
      onCutOff: ({ id, problem, isSealed }) => {
        const became = isSealed ? "sealed now, with what it had" : "not sealed";
        output.note(`firebreak: ${id}, an earlier collection, was cut off and is ${became}: ${printable(problem)}`);
      },
    });
    return {
      id: summary.id,
      state: "sealed",
      incidentId: request.incidentId ?? null,
      agentId: request.agentId ?? null,
      sessionId: request.sessionId ?? null,
      level: request.level,
      reason: request.reason,
      startedBy: `cli ${userName}`,
      startedAt,
      endsBy: null,
      done: 0,
      total: 0,
      current: null,
      items: summary.items,
      bytes: summary.bytes,
      completeness: summary.completeness,
      problem: null,
    };
  } catch (fault) {
    throw explain(fault);
  } finally {
    stop.dispose();
  }
}

function explain(fault: unknown): unknown {
  if (!(fault instanceof FirebreakError)) return fault;
  const exitCode = fault.code === "not_found" ? EXIT.notFound : EXIT.failed;
  return new OperatorError(`${printable(fault.message)}.`, "See: firebreak status", { exitCode });
}

type Progress = Pick<CollectionView, "done" | "total" | "current" | "items" | "bytes" | "startedAt">;

/** One line for each kind of evidence, and again when one takes long: it reads well in a terminal and in a log. */
function progressTo(output: Output): (progress: Progress) => void {
  let [lastKind, lastMs] = ["", 0];
  return ({ done, total, current, items, bytes }) => {
    const nowMs = performance.now();
    if (current === null || (current === lastKind && nowMs - lastMs < REPEAT_MS)) return;
    [lastKind, lastMs] = [current, nowMs];
    output.note(`  ${done + 1}/${total}  ${current.padEnd(13)}  ${items} items, ${bytesText(bytes)}`);
  };
}

function showSealed(output: Output, { id, items, bytes, completeness }: CollectionView): void {
  const { style } = output;
  output.line(`${style.green("Sealed")} ${id}: ${items} items, ${bytesText(bytes)}`);
  if (completeness !== null) showCompleteness(output, completeness);
  output.line(style.dim(`Check it with: firebreak evidence verify ${id}`));
}

function showCompleteness(output: Output, { collected, degraded, failed, gaps }: Completeness): void {
  if (degraded + failed === 0) {
    output.line("Complete: everything that was asked for is in it.");
    return;
  }
  output.line(`${collected} whole, ${degraded} in part, ${failed} missing:`);
  output.table(
    ["ITEM", "STATE", "WHY"],
    gaps.slice(0, GAPS_SHOWN).map(({ name, status, reason }) => [printable(name), status, printable(reason)]),
  );
  const more = degraded + failed - Math.min(gaps.length, GAPS_SHOWN);
  if (more > 0) output.line(`… and ${more} more: --json, or the archive's manifest, names them.`);
}

const UNITS = ["bytes", "KiB", "MiB", "GiB", "TiB"] as const;

function bytesText(bytes: number): string {
  let [value, unit] = [bytes, 0];
  while (value >= 1024 && unit < UNITS.length - 1) [value, unit] = [value / 1024, unit + 1];
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit] ?? ""}`;
}

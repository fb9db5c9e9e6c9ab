import path from "node:path";
import { entityName, HOLD_LEVELS, holdLevel, stopReceipt } from "@firebreak/protocol";
import type { HoldScope, StopReceipt, StopRequest } from "@firebreak/protocol";
import { enforceHold } from "../../containment/index.ts";
import { ensurePrivateDir, messageOf, openSigningKey, toIso, writeFileAtomic } from "../../kernel/index.ts";
import { openKillswitch, RECEIPT_KEY, signReceipt } from "../../killswitch/index.ts";
import { usageError } from "../arguments.ts";
import { ServerUnusableError } from "../client.ts";
import type { Command, CommandContext, ParsedArguments } from "../command.ts";
import { ALWAYS } from "../exit-codes.ts";
import { printable } from "../printable.ts";
import { readDuration } from "../read-time.ts";
import { printReceipt } from "../receipt.ts";
import { statusCommand } from "./status.ts";

const ENFORCE_DEADLINE_MS = 10_000;
/** A server that takes longer than its own deadline is not the way to stop anything. */
const SERVER_TIMEOUT_MS = 2 * ENFORCE_DEADLINE_MS;

export const stopCommand: Command = {
  name: "stop",
  summary: "stop everything, a pack, an agent or less, and prove it",
  description: [
    "The stop is written to the journal first and holds until somebody resumes it; agents that it covers cannot start. " +
      "Each running target is then frozen (or killed) and checked, and the receipt names the result for each. Works " +
      "with the server down.",
    "Without --level it does what the kill switch policy says, and freezes when there is none.",
    "Ends with 0 only when every target is verified as stopped.",
  ],
  options: {
    global: { type: "boolean", summary: "stop every agent" },
    pack: { type: "string", value: "NAME", summary: "stop the agents of one pack" },
    agent: { type: "string", value: "ID", summary: "stop one agent" },
    session: { type: "string", value: "ID", summary: "stop one session" },
    tool: { type: "string", value: "NAME", summary: "deny one tool to every agent, where a gate asks (level deny)" },
    status: { type: "boolean", summary: "only say what is stopped now" },
    reason: { type: "string", value: "TEXT", summary: "why, for the record (needed)" },
    level: { type: "string", value: "LEVEL", summary: "deny, freeze (resumable) or kill; else as the policy says" },
    incident: { type: "string", value: "ID", summary: "the incident this belongs to" },
    for: { type: "string", value: "TIME", summary: "ends by itself after so long: 30m, 2h, 7d" },
    confirm: { type: "string", value: "TEXT", summary: "what the kill switch policy wants typed" },
    drill: { type: "boolean", summary: "this tests the kill switch: it counts as a drill" },
  },
  examples: [
    'firebreak stop --global --reason "prices are being changed"',
    'firebreak stop --agent scout --level kill --reason "leaks a key"',
    'firebreak stop --pack research --drill --for 5m --reason "monthly drill" --json',
    "firebreak stop --status",
  ],
  exits: [...ALWAYS, "denied", "stopUnverified"],
  run: async (context) => {
    if (context.args.flag("status")) return statusCommand.run(context);
    const request = readStopRequest(context);
    return printReceipt(context.output, await stop(context, request));
  },
};

async function stop(context: CommandContext, request: StopRequest): Promise<StopReceipt> {
  if ((await context.client.find()) === null) return stopLocally(context, request);
  try {
    return await context.client.post(stopReceipt, "/killswitch/stop", request, SERVER_TIMEOUT_MS);
  } catch (fault) {
    if (!(fault instanceof ServerUnusableError)) throw fault;
    context.output.note(`firebreak: ${fault.message} Stopping without the server.`);
    return stopLocally(context, request);
  }
}

function readStopRequest({ args }: CommandContext): StopRequest {
  const named = (["pack", "agent", "session", "tool"] as const).flatMap((scope) => {
    const target = args.text(scope);
    return target === undefined ? [] : [{ scope, target }];
  });
  const scopes: { scope: HoldScope; target?: string }[] = args.flag("global") ? [{ scope: "global" }, ...named] : named;
  const [only, second] = scopes;
  const usage = (message: string) => usageError(stopCommand, message);
  if (only === undefined)
    throw usage("Say what to stop: --global, --pack NAME, --agent ID, --session ID or --tool NAME.");
  if (second !== undefined) throw usage("Give only one of --global, --pack, --agent, --session and --tool.");
  const reason = args.requiredText("reason", 3);
  const level = holdLevel.optional().safeParse(args.text("level"));
  if (!level.success) throw usage(`--level is one of ${HOLD_LEVELS.join(", ")}.`);
  if (only.scope === "tool" && (level.data ?? "deny") !== "deny") {
    throw usage("A tool has no processes: its only level is deny.");
  }
  const target = only.target === undefined ? undefined : targetOf(only.scope, only.target, usage);
  return {
    scope: only.scope,
    ...(target === undefined ? {} : { target }),
    reason,
    ...(level.data === undefined ? {} : { level: level.data }),
    ...detailsOf(args, usage),
  };
}

function detailsOf(args: ParsedArguments, usage: (message: string) => Error): Partial<StopRequest> {
  const [incidentId, confirmation, lasts] = [args.text("incident"), args.text("confirm"), args.text("for")];
  const lastsMs = lasts === undefined ? undefined : readDuration(lasts);
  if (lasts !== undefined && lastsMs === undefined) {
    throw usage(`--for takes a time such as 30m, 2h or 7d, not "${printable(lasts)}".`);
  }
  return {
    ...(incidentId === undefined ? {} : { incidentId }),
    ...(confirmation === undefined ? {} : { confirmation }),
    ...(lastsMs === undefined ? {} : { expiresInSeconds: lastsMs / 1000 }),
    ...(args.flag("drill") ? { drill: true } : {}),
  };
}

/** A name that no agent can have would stop nothing, and look as if it had. */
function targetOf(scope: HoldScope, text: string, usage: (message: string) => Error): string {
  if (entityName.safeParse(text).success) return text;
  throw usage(`"${printable(text)}" cannot be the name of ${scope === "agent" ? "an" : "a"} ${scope}.`);
}

/** Signed, for the server to take in when it is back, and for whoever asks before. */
function leaveReceipt({ config, logger, output }: CommandContext, receipt: StopReceipt, drill: boolean): void {
  try {
    const signed = signReceipt(openSigningKey(config.home, RECEIPT_KEY), { kind: "stop", version: 1, drill, receipt });
    const directory = path.join(config.home, "receipts");
    ensurePrivateDir(directory);
    const file = path.join(directory, `${receipt.stopId}.json`);
    writeFileAtomic(file, JSON.stringify(signed), { durable: true });
    output.note(`firebreak: the signed receipt is ${file}`);
  } catch (fault) {
    logger.error("the stop holds, but its receipt could not be kept", { problem: messageOf(fault) });
  }
}

/** The same stop without the server: the journal, then each supervisor, then the processes themselves. */
async function stopLocally(context: CommandContext, request: StopRequest): Promise<StopReceipt> {
  const { config, clock, newId, logger, userName } = context;
  const killswitch = openKillswitch({ home: config.home, clock, newId, logger });
  try {
    const requestedAt = toIso(clock.now());
    const hold = await killswitch.add({
      scope: request.scope,
      target: request.target ?? null,
      level: request.level ?? (request.scope === "tool" ? "deny" : "freeze"),
      reason: request.reason,
      actor: { kind: "cli", id: userName, name: userName },
      incidentId: request.incidentId ?? null,
      expiresAt: request.expiresInSeconds === undefined ? null : toIso(clock.now() + request.expiresInSeconds * 1000),
    });
    const results = await enforceHold({ home: config.home, hold, deadlineMs: ENFORCE_DEADLINE_MS, clock, logger });
    const receipt: StopReceipt = {
      stopId: newId("stop"),
      hold,
      requestedAt,
      completedAt: toIso(clock.now()),
      verified: results.every((result) => result.state === "verified_stopped"),
      serverReachable: false,
      results,
    };
    leaveReceipt(context, receipt, request.drill === true);
    return receipt;
  } finally {
    killswitch.close();
  }
}

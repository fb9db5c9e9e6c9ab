import { HOLD_LEVELS, holdLevel, stopReceipt } from "@firebreak/protocol";
import type { HoldScope, StopReceipt, StopRequest } from "@firebreak/protocol";
import { enforceHold } from "../../containment/index.ts";
import { OperatorError, toIso } from "../../kernel/index.ts";
import { openKillswitch } from "../../killswitch/index.ts";
import { EXIT } from "../command.ts";
import type { Command, CommandContext } from "../command.ts";
import { printReceipt } from "../format.ts";

const ENFORCE_DEADLINE_MS = 10_000;

export const stopCommand: Command = {
  name: "stop",
  summary: "stop everything, a pack, an agent or a session, and prove it",
  description:
    "The stop is written to the journal first and holds until somebody resumes it. Each running target is then frozen\n" +
    "(or killed) and checked; the receipt names the result per target. Works with the server down.",
  options: {
    global: { type: "boolean", summary: "stop every agent" },
    pack: { type: "string", value: "NAME", summary: "stop the agents of one pack" },
    agent: { type: "string", value: "ID", summary: "stop one agent" },
    session: { type: "string", value: "ID", summary: "stop one session" },
    reason: { type: "string", value: "TEXT", summary: "why, for the record (needed)" },
    level: { type: "string", value: "LEVEL", summary: "deny, freeze (the default: resumable) or kill" },
    incident: { type: "string", value: "ID", summary: "the incident this belongs to" },
  },
  examples: [
    'firebreak stop --global --reason "prices are being changed"',
    'firebreak stop --agent scout --level kill --reason "leaks a key"',
    "firebreak stop --pack research --reason drill --json",
  ],
  run: async (context) => {
    const request = readStopRequest(context);
    const server = await context.client.find();
    const receipt =
      server === null
        ? await stopLocally(context, request)
        : await context.client.post(stopReceipt, "/killswitch/stop", request);
    return printReceipt(context.output, receipt);
  },
};

function usage(message: string): OperatorError {
  return new OperatorError(message, "See: firebreak stop --help", { exitCode: EXIT.usage });
}

function readStopRequest({ args }: CommandContext): StopRequest {
  const named = (["pack", "agent", "session"] as const).flatMap((scope) => {
    const target = args.text(scope);
    return target === undefined ? [] : [{ scope, target }];
  });
  const scopes: { scope: HoldScope; target?: string }[] = args.flag("global") ? [{ scope: "global" }, ...named] : named;
  const [only, second] = scopes;
  if (only === undefined) throw usage("Say what to stop: --global, --pack NAME, --agent ID or --session ID.");
  if (second !== undefined) throw usage("Give only one of --global, --pack, --agent and --session.");
  const reason = args.text("reason")?.trim() ?? "";
  if (reason.length < 3) throw usage("Give a reason of three characters or more: --reason TEXT.");
  const level = holdLevel.safeParse(args.text("level") ?? "freeze");
  if (!level.success) throw usage(`--level is one of ${HOLD_LEVELS.join(", ")}.`);
  const incidentId = args.text("incident");
  return { ...only, reason, level: level.data, ...(incidentId === undefined ? {} : { incidentId }) };
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
      level: request.level,
      reason: request.reason,
      actor: { kind: "cli", id: userName, name: userName },
      incidentId: request.incidentId ?? null,
    });
    const results = await enforceHold({ home: config.home, hold, deadlineMs: ENFORCE_DEADLINE_MS, clock, logger });
    return {
      stopId: newId("stop"),
      hold,
      requestedAt,
      completedAt: toIso(clock.now()),
      verified: results.every((result) => result.state === "verified_stopped"),
      serverReachable: false,
      results,
    };
  } finally {
    killswitch.close();
  }
}

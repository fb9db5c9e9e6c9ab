import { holdsOfSameStop, killswitchView, resumeReceipt } from "@firebreak/protocol";
import type { KillswitchView, ResumeNeeds } from "@firebreak/protocol";
import { findSupervisedProcess, findSupervisor } from "../../containment/index.ts";
import { OperatorError } from "../../kernel/index.ts";
import { openKillswitch } from "../../killswitch/index.ts";
import { usageError } from "../arguments.ts";
import { ServerUnusableError } from "../client.ts";
import type { Command, CommandContext } from "../command.ts";
import { ALWAYS, EXIT } from "../exit-codes.ts";
import { printable } from "../printable.ts";

export const resumeCommand: Command = {
  name: "resume",
  summary: "release one hold, with a reason",
  description: [
    "Frozen sessions run again when no other hold covers them. Killed ones do not come back by themselves: start them " +
      "again with `firebreak run`. Works with the server down.",
    "A stop of an incident of severity 1, and what the kill switch policy names besides, takes its checklist and two " +
      "persons: the first asks, the second approves (firebreak approvals) or gives the same command. Who owns this " +
      "machine is never locked out: --alone releases at once, tells everybody, and opens an alert.",
  ],
  positionals: [{ name: "HOLD", summary: "the hold's id, from `firebreak status`" }],
  options: {
    reason: { type: "string", value: "TEXT", summary: "why it is safe to resume (needed)" },
    checked: { type: "boolean", summary: "everything on its checklist was checked" },
    "at-once": { type: "boolean", summary: "everything at once, where packs come back in batches" },
    alone: { type: "boolean", summary: "by the journal, without server and second person; loud" },
  },
  examples: [
    'firebreak resume hld_01… --reason "the prompt is fixed, checked by Ada"',
    'firebreak resume hld_01… --checked --reason "the key was rotated and the prompt is fixed"',
  ],
  exits: [...ALWAYS, "denied", "notFound"],
  run: async (context) => {
    const reason = context.args.requiredText("reason", 3);
    const holdId = context.args.positional(0) ?? "";
    if (context.args.flag("alone") || (await context.client.find()) === null) {
      return resumeLocally(context, holdId, reason);
    }
    try {
      return await resumeByServer(context, holdId, reason);
    } catch (fault) {
      if (!(fault instanceof ServerUnusableError)) throw fault;
      context.output.note(`firebreak: ${fault.message} The hold is released without the server.`);
      return resumeLocally(context, holdId, reason);
    }
  },
};

async function resumeByServer(context: CommandContext, holdId: string, reason: string): Promise<number> {
  const { client, output } = context;
  const checked = await checkedLines(context, holdId);
  const path = `/killswitch/holds/${encodeURIComponent(holdId)}/resume`;
  const atOnce = context.args.flag("at-once");
  const receipt = await client.post(resumeReceipt, path, { reason, checked, atOnce });
  output.result(receipt);
  if (receipt.approval !== null) {
    output.line(output.style.yellow(`Not resumed yet: another person has to approve it, ${receipt.approval.id}.`));
    output.line(
      `They can: firebreak approvals approve ${receipt.approval.id} --reason TEXT --checked, or in the console.`,
    );
    return EXIT.ok;
  }
  output.line(`Released ${receipt.hold.id}.`);
  for (const session of receipt.resumed) output.line(`  ${session.agentId} (${session.sessionId}): ${session.state}`);
  if (receipt.resumed.length === 0) output.line("No frozen session was waiting for it.");
  return EXIT.ok;
}

/** @returns the lines of the hold's checklist; @throws usage with the list when nobody said that it was checked */
async function checkedLines({ client, args }: CommandContext, holdId: string): Promise<string[]> {
  const needs = needsOf(await client.get(killswitchView, "/killswitch"), holdId);
  if (needs === undefined || needs.checklist.length === 0) return [];
  if (args.flag("checked")) return needs.checklist;
  const list = needs.checklist.map((line) => `\n  - ${printable(line)}`).join("");
  throw usageError(resumeCommand, `Check first, because ${printable(needs.why ?? "")}, then say --checked:${list}`);
}

function needsOf({ holds, resumes }: KillswitchView, holdId: string): ResumeNeeds | undefined {
  const hold = holds.find((candidate) => candidate.id === holdId);
  if (hold === undefined) return undefined;
  const stop = holdsOfSameStop(hold, holds);
  return resumes.find((needs) => stop.some((one) => one.id === needs.holdId));
}

async function resumeLocally(context: CommandContext, holdId: string, reason: string): Promise<number> {
  const { config, clock, newId, logger, output, userName } = context;
  refuseAgent(config.home, context.environment);
  const killswitch = openKillswitch({ home: config.home, clock, newId, logger });
  try {
    const actor = { kind: "cli", id: userName, name: userName } as const;
    const { holds } = killswitch.current();
    const hold = holds.find((candidate) => candidate.id === holdId);
    const siblings = hold === undefined ? [] : holdsOfSameStop(hold, holds).slice(1);
    const released = await killswitch.release(holdId, { actor, reason });
    for (const sibling of siblings) await killswitch.release(sibling.id, { actor, reason });
    if (released.state === "not_found") {
      throw new OperatorError(`There is no hold ${printable(holdId)}.`, "List the holds with: firebreak status", {
        exitCode: EXIT.notFound,
      });
    }
    output.result({ serverReachable: false, ...released });
    output.line(released.state === "released" ? `Released ${holdId}.` : `${holdId} was released before.`);
    output.line(
      output.style.yellow(
        "Without the server and without a second person: running supervisors see it in the journal by themselves; it " +
          "goes into the audit log and onto the incident when the server sees it.",
      ),
    );
    return EXIT.ok;
  } finally {
    killswitch.close();
  }
}

/** Whoever may write the journal may lift a stop; an agent that only calls this command is told that it may not. */
function refuseAgent(home: string, environment: NodeJS.ProcessEnv): void {
  const sessionId = environment["FIREBREAK_SESSION"];
  // in a process table of its own it has another number, and only its environment names it
  const named = sessionId === undefined ? null : findSupervisor({ home, sessionId });
  const agent = findSupervisedProcess(home, process.pid) ?? named;
  if (agent === null) return;
  throw new OperatorError(
    `This runs as a part of the agent ${printable(agent.agentId)}, and no agent lifts a stop.`,
    "Use a terminal outside of `firebreak run`, or the console.",
    { exitCode: EXIT.denied },
  );
}

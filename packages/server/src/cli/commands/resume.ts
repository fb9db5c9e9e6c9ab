import { holdsOfSameStop, resumeReceipt } from "@firebreak/protocol";
import { OperatorError } from "../../kernel/index.ts";
import { openKillswitch } from "../../killswitch/index.ts";
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
  ],
  positionals: [{ name: "HOLD", summary: "the hold's id, from `firebreak status`" }],
  options: { reason: { type: "string", value: "TEXT", summary: "why it is safe to resume (needed)" } },
  examples: ['firebreak resume hld_01… --reason "the prompt is fixed, checked by Ada"'],
  exits: [...ALWAYS, "denied", "notFound"],
  run: async (context) => {
    const reason = context.args.requiredText("reason", 3);
    const holdId = context.args.positional(0) ?? "";
    if ((await context.client.find()) === null) return resumeLocally(context, holdId, reason);
    try {
      return await resumeByServer(context, holdId, reason);
    } catch (fault) {
      if (!(fault instanceof ServerUnusableError)) throw fault;
      context.output.note(`firebreak: ${fault.message} The hold is released without the server.`);
      return resumeLocally(context, holdId, reason);
    }
  },
};

async function resumeByServer({ client, output }: CommandContext, holdId: string, reason: string): Promise<number> {
  const receipt = await client.post(resumeReceipt, `/killswitch/holds/${encodeURIComponent(holdId)}/resume`, {
    reason,
  });
  output.result(receipt);
  output.line(`Released ${receipt.hold.id}.`);
  for (const session of receipt.resumed) output.line(`  ${session.agentId} (${session.sessionId}): ${session.state}`);
  if (receipt.resumed.length === 0) output.line("No frozen session was waiting for it.");
  return EXIT.ok;
}

async function resumeLocally(context: CommandContext, holdId: string, reason: string): Promise<number> {
  const { config, clock, newId, logger, output, userName } = context;
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
      output.style.yellow("The server is down: running supervisors see the change in the journal by themselves."),
    );
    return EXIT.ok;
  } finally {
    killswitch.close();
  }
}

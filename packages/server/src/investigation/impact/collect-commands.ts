import { readCommand, readCommands } from "../../detection/index.ts";
import type { Finding } from "./facts.ts";
import { noteContact, noteFile, noteOutflow } from "./noting.ts";
import type { Noting } from "./noting.ts";
import { readCommandActs } from "./read-command.ts";

/** What the commands of a line do to files and systems. Nobody saw it: it is read from their words. */
export function collectCommands(noting: Noting): void {
  const { book, placed } = noting;
  const line = readCommand(placed.event);
  if (line === undefined || line.trim() === "") return;
  const { commands } = readCommands(line);
  const judged = judgeCommand(noting, commands.length);
  for (const command of commands) {
    const acts = readCommandActs(command);
    for (const path of acts.reads) noteFile(noting, "read", path, judged);
    for (const path of acts.writes) noteFile(noting, "wrote", path, judged);
    for (const path of acts.deletes) noteFile(noting, "deleted", path, judged);
    for (const host of acts.hosts) {
      noteContact(noting, host, judged);
      if (acts.sends) noteOutflow(noting, host, undefined, judged);
    }
    if (acts.readsEnvironment) {
      const says = `read its environment (${command.program})`;
      book.note(placed, {
        section: "credentials",
        kind: "environment",
        subject: "environment",
        says,
        classes: ["secret"],
        ...judged,
      });
    }
    if (acts.persists !== undefined) {
      const text = command.text.slice(0, 300);
      book.note(placed, {
        section: "persistence",
        kind: "command",
        subject: text,
        says: `set up ${acts.persists}: ${text}`,
        ...judged,
      });
    }
  }
}

/** A line that failed may have done its work before: `send the file; false`. */
function judgeCommand({ placed: { event } }: Noting, commands: number): Pick<Finding, "certainty" | "why"> {
  if (event.outcome === "denied")
    return { certainty: "attempted", why: `${event.source} reports that the command was denied` };
  if (event.outcome === "failure" && commands > 1) {
    return {
      certainty: "inferred",
      why: "read from the words of a line that failed as a whole; parts of it may have worked",
    };
  }
  if (event.outcome === "failure")
    return { certainty: "attempted", why: `${event.source} reports that the command failed` };
  const ran = event.outcome === "success" ? "which ran" : "of which nobody says how it ended";
  return { certainty: "inferred", why: `read from the words of a command, ${ran}` };
}

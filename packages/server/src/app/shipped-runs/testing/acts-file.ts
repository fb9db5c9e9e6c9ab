import { closeSync, constants, existsSync, openSync, readFileSync, writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Acts } from "./pretend.ts";

/** One line of the file: an act began, or was over. */
export interface ActLine {
  readonly moment: "begin" | "end";
  readonly verb: string;
  readonly effector: string;
  readonly runId: string;
  readonly stepId: string;
}

/** So long does an act take: what kills mostly finds acts under way. */
const ACT_MS = 4;

/** Acts that are written to the disk, outside the database, before they begin and when they are over: what really happened. */
export function openActsFile(file: string): Acts & { close(): void } {
  const { O_APPEND, O_CREAT, O_DSYNC, O_WRONLY } = constants;
  const handle = openSync(file, O_APPEND | O_CREAT | O_DSYNC | O_WRONLY);
  const write = (line: ActLine) =>
    writeSync(handle, `${[line.moment, line.verb, line.effector, line.runId, line.stepId].join(" ")}\n`);
  return {
    act: async (verb, effector, { runId, stepId }) => {
      write({ moment: "begin", verb, effector, runId, stepId });
      await sleep(ACT_MS);
      write({ moment: "end", verb, effector, runId, stepId });
    },
    wasAsked: (name, { runId, stepId }) =>
      readActLines(file).some(
        (line) => line.effector === name && line.runId === runId && line.stepId !== stepId && line.moment === "end",
      ),
    close: () => closeSync(handle),
  };
}

/** @returns what happened, in the order in which it did */
export function readActLines(file: string): ActLine[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n").slice(0, -1);
  return lines.map((line) => {
    const [moment, verb = "", effector = "", runId = "", stepId = ""] = line.split(" ");
    return { moment: moment === "begin" ? "begin" : "end", verb, effector, runId, stepId };
  });
}

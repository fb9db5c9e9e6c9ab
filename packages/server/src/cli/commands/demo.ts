import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { z } from "zod";
import type { Command, CommandContext } from "../command.ts";
import type { DemoResult, Stage } from "../demo/scenario.ts";
import { ALWAYS, EXIT } from "../exit-codes.ts";
import { listenForStop } from "../stop-signal.ts";
import type { StopSignal } from "../stop-signal.ts";

export const demoCommand: Command = {
  name: "demo",
  summary: "watch a real agent go rogue, be caught and be stopped",
  description: [
    "Starts a server in a new temporary home on a free port, runs a harmless agent that goes rogue, and shows what " +
      "happens. Nothing is simulated: processes, stop, evidence and notifications are real.",
    "Afterwards everything is stopped and removed; with --keep the server stays up until Ctrl-C and the home is left " +
      "for you to look at.",
  ],
  options: {
    keep: { type: "boolean", summary: "keep the server running afterwards and the home on disk" },
  },
  examples: ["firebreak demo", "firebreak demo --keep", "DATABASE_URL=postgres://… firebreak demo --json"],
  exits: ALWAYS,
  outlivesItsReader: true,
  run: async (context) => {
    const stop = listenForStop(() => context.output.note("Still ending what the demo started."));
    const { clearStage, playScenario, setStage, startReceivers } = await import("../demo/scenario.ts");
    const ownHome = context.args.text("home");
    const home = ownHome ?? mkdtempSync(path.join(os.tmpdir(), "firebreak-demo-"));
    const receivers = await startReceivers();
    const stage = setStage(context, home, receivers, stop.signal);
    try {
      const result = await playScenario(stage);
      context.output.result(result);
      const code = tellVerdict(context, result);
      if (context.args.flag("keep")) await keepUntilStopped(stage, result, stop);
      return code;
    } finally {
      await clearStage(stage);
      await receivers.close();
      stop.dispose();
      if (ownHome === undefined && !context.args.flag("keep")) rmSync(home, { recursive: true, force: true });
    }
  },
};

/** The demo is a success only when everything it shows really happened. */
function tellVerdict({ output, args }: CommandContext, result: DemoResult): number {
  const faults = [
    ...(result.run.state === "completed" ? [] : [`the playbook ended ${result.run.state}`]),
    ...(result.stops.every((stop) => stop.level === "deny" || stop.verified) ? [] : ["a stop is not verified"]),
    ...(result.evidence.intact ? [] : ["the evidence is not intact"]),
    ...(result.state === "resolved" ? [] : [`the incident is ${result.state}`]),
  ];
  output.line();
  for (const fault of faults) output.line(output.style.red(`Not as it should be: ${fault}`));
  if (faults.length === 0) output.line(output.style.green("Caught, stopped with proof, documented."));
  output.line(args.flag("keep") ? `Review: ${result.reviewFile}` : "Look around yourself with: firebreak demo --keep");
  return faults.length === 0 ? EXIT.ok : EXIT.failed;
}

const newLink = z.object({ url: z.string() });

async function keepUntilStopped(stage: Stage, result: DemoResult, stop: StopSignal): Promise<void> {
  const { url } = await stage.client.post(newLink, "/sign-in/links", {});
  stage.context.output.note(`The server stays at ${result.url}, its home is ${result.home}. Ctrl-C ends it.`);
  stage.context.output.note(`Look at it in the console; this link signs you in once: ${url}`);
  await stop.asked;
}

import { messageOf } from "../../kernel/index.ts";
import type { Command } from "../command.ts";
import { ALWAYS, EXIT } from "../exit-codes.ts";
import { listenForStop } from "../stop-signal.ts";

export const upCommand: Command = {
  name: "up",
  summary: "start the server: API, console and all that works by itself",
  description: [
    "Uses DATABASE_URL (PostgreSQL 15 or newer) if set, else its own PostgreSQL in the Firebreak home. Prints the " +
      "address and, until the owner has a password, a sign-in link that works once (another: firebreak token link).",
    "Ctrl-C stops everything it started. With --json it prints one document when it is ready and runs on.",
  ],
  options: {
    port: {
      type: "string",
      short: "p",
      value: "N",
      summary: "listen on this port (8080); a busy one is never replaced silently",
    },
    host: { type: "string", value: "HOST", summary: "listen on this address (127.0.0.1: this machine only)" },
    profile: { type: "string", value: "NAME", summary: "the profile to run (ai-empire)" },
    "public-url": { type: "string", value: "URL", summary: "where people reach the console, if not here" },
    "log-level": { type: "string", value: "LEVEL", summary: "debug, info, warn or error (info)" },
  },
  examples: ["firebreak up", "firebreak up --port 9000", "DATABASE_URL=postgres://… firebreak up"],
  exits: ALWAYS,
  outlivesItsReader: true,
  run: async (context) => {
    const { output, logger } = context;
    // a stray fault in some library must not take the kill switch's server down; it is told, loudly
    process.on("unhandledRejection", (reason) => {
      logger.error("a fault was not handled; this is a fault of Firebreak", { problem: messageOf(reason) });
    });
    const stop = listenForStop(() => output.note("Still stopping; everything is ended in order."));
    // only here: what a server needs takes longer to load than an emergency stop may take
    const { announce, startServer } = await import("../start-server.ts");
    const server = await startServer(context);
    if (!stop.signal.aborted) await announce(context, server);
    await stop.asked;
    output.note("Stopping …");
    await server.close();
    stop.dispose();
    return EXIT.ok;
  },
};

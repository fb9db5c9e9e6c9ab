import { acceptTool, changedTools, listPinnedServers } from "@firebreak/sdk/mcp";
import type { PinnedServer } from "@firebreak/sdk/mcp";
import { toolPinsDir } from "../../containment/index.ts";
import { OperatorError, toIso } from "../../kernel/index.ts";
import type { Command } from "../command.ts";
import { ALWAYS, EXIT } from "../exit-codes.ts";
import { timeText } from "../format.ts";
import { printable } from "../printable.ts";

/** One tool of a server, as a person has to see it. */
function toolsOf({ key, name, tools, changed, accepted }: PinnedServer, differing: readonly string[]) {
  return Object.entries(tools).map(([tool, first]) => {
    const by = Object.hasOwn(accepted, tool) ? accepted[tool] : undefined;
    const now = differing.includes(tool) ? (changed[tool] ?? null) : null;
    const state = now !== null ? ("changed" as const) : ("approved" as const);
    return {
      server: key,
      serverName: name,
      tool,
      state,
      since: (now ?? by ?? first).at,
      by: by?.by ?? null,
      first,
      now,
    };
  });
}

export const gateToolsCommand: Command = {
  name: "gate tools",
  summary: "what MCP servers say of their tools, and what has changed",
  description: [
    "The gate for MCP keeps what a server said of each tool when it was first seen. A tool that is another one later, also in " +
      "another session, raises the alert mcp_tool_changed until a person accepts it with firebreak gate accept. Ends with 1 " +
      "when a tool is not as approved.",
  ],
  examples: ["firebreak gate tools", "firebreak gate tools --json"],
  exits: ALWAYS,
  run: async ({ config, output }) => {
    const { servers, unreadable } = listPinnedServers(toolPinsDir(config.home));
    const items = servers.flatMap((server) => toolsOf(server, changedTools(server)));
    output.result({ items, unreadable });
    output.table(
      ["SERVER", "CALLS ITSELF", "TOOL", "STATE", "SINCE", "ACCEPTED BY"],
      items.map(({ server, serverName, tool, state, since, by }) => [
        server,
        printable(serverName),
        printable(tool),
        state === "changed" ? output.style.red(state) : state,
        timeText(since),
        by === null ? "(as first seen)" : printable(by),
      ]),
    );
    for (const { tool, first, now } of items) {
      if (now === null) continue;
      output.line(`${printable(tool)} said first: ${printable(first.description)}`);
      output.line(output.style.red(`${printable(tool)} says now:   ${printable(now.description)}`));
    }
    for (const key of unreadable) output.line(output.style.red(`What is kept of the server ${key} cannot be read.`));
    return unreadable.length > 0 || items.some(({ state }) => state === "changed") ? EXIT.failed : EXIT.ok;
  },
};

export const gateAcceptCommand: Command = {
  name: "gate accept",
  summary: "accept the changed definition of an MCP server's tool",
  description: [
    "Read what it says now first: firebreak gate tools. Who accepted it, when and why is kept, and told with the next session.",
  ],
  positionals: [
    { name: "SERVER", summary: "its key in firebreak gate tools" },
    { name: "TOOL", summary: "the tool's name" },
  ],
  options: { reason: { type: "string", value: "TEXT", summary: "why, for the record (needed)" } },
  examples: ['firebreak gate accept 3f9a1c0be2d4a657 send_mail --reason "read the changes of version 2.1"'],
  exits: ALWAYS,
  run: async ({ args, clock, config, output, userName }) => {
    const [key, tool] = [args.positional(0) ?? "", args.positional(1) ?? ""];
    const reason = args.requiredText("reason", 3);
    const who = { by: userName, reason, at: toIso(clock.now()) };
    const accepted = acceptTool(toolPinsDir(config.home), { key, tool }, who);
    if (accepted === null) {
      const message = `The server ${printable(key)} has no tool ${printable(tool)} that is not as approved.`;
      throw new OperatorError(message, "See: firebreak gate tools", { exitCode: EXIT.notFound });
    }
    output.result({ server: key, tool, ...accepted });
    output.line(`${printable(tool)} counts as approved as it is now.`);
    return EXIT.ok;
  },
};

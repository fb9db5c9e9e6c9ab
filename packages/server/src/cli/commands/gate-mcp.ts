import { createGate } from "@firebreak/sdk";
import { openToolPins, runStdioProxy, startHttpProxy } from "@firebreak/sdk/mcp";
import { toolPinsDir } from "../../containment/index.ts";
import { killswitchPaths } from "../../killswitch/index.ts";
import { usageError } from "../arguments.ts";
import type { Command, CommandContext } from "../command.ts";
import { ALWAYS, EXIT } from "../exit-codes.ts";
import { nameOption, withKillswitch } from "../gates/runtime-gate.ts";
import { listenForStop } from "../stop-signal.ts";

const PORT = { min: 0, max: 65_535 };

export const gateMcpCommand: Command = {
  name: "gate mcp",
  summary: "stand between an MCP client and a server",
  description: [
    "With a command: starts it and speaks to the client over standard input and output; `gate install mcp` writes this " +
      "into a client's configuration. With --url: listens on this machine for a client of Streamable HTTP.",
    "Calls of stopped tools are refused and reported, calls under way are cancelled, stopped tools are not listed. Ends " +
      "with the server's exit code.",
  ],
  options: {
    agent: { type: "string", value: "ID", summary: "the client's name in stops (needed)" },
    pack: { type: "string", value: "NAME", summary: "the pack it belongs to" },
    url: { type: "string", value: "URL", summary: "the server's MCP endpoint" },
    "listen-port": { type: "string", value: "N", summary: "with --url: where to listen on 127.0.0.1 (any free one)" },
  },
  rest: { name: "COMMAND…", summary: "the MCP server's command and its arguments", optional: true },
  examples: [
    "firebreak gate mcp --agent reviewer -- npx -y @modelcontextprotocol/server-filesystem .",
    "firebreak gate mcp --agent reviewer --url https://mcp.example.com/mcp --listen-port 8090",
  ],
  exits: ALWAYS,
  outlivesItsReader: true,
  run: async (context) => {
    const { args, environment } = context;
    const upstream = upstreamOf(context);
    if ((upstream === null) === (args.rest.length === 0)) {
      throw usageError(gateMcpCommand, "Give either --url URL or, after --, the server's command.");
    }
    const gate = await openGate(context);
    try {
      if (upstream !== null) return await serve(context, gate, upstream);
      const { stdin, stdout } = process;
      const pins = openToolPins(toolPinsDir(context.config.home), args.rest);
      return await runStdioProxy({ gate, pins, command: args.rest, env: environment, stdin, stdout });
    } finally {
      await gate.close(1_000);
    }
  },
};

function upstreamOf({ args }: CommandContext): URL | null {
  const text = args.text("url");
  if (text === undefined) return null;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && /^https?:$/.test(url.protocol)) return url;
  throw usageError(gateMcpCommand, "--url takes an http or https address.");
}

async function openGate(context: CommandContext) {
  const { args, client, config, environment } = context;
  args.requiredText("agent");
  // opened once: its state must be there before the gate reads it
  await withKillswitch(context, async (killswitch) => killswitch.current());
  const server = await client.find();
  return createGate({
    reportAs: "mcp",
    killswitchDir: killswitchPaths(config.home).dir,
    agent: nameOption(gateMcpCommand, context, "agent") ?? "",
    pack: nameOption(gateMcpCommand, context, "pack"),
    session: environment["FIREBREAK_SESSION"],
    url: server?.url,
    token: server === null ? undefined : (client.tokenFor(server) ?? undefined),
  });
}

async function serve(
  { args, config, output }: CommandContext,
  gate: ReturnType<typeof createGate>,
  upstream: URL,
): Promise<number> {
  const stop = listenForStop(() => process.exit(EXIT.failed));
  // what stands behind the question mark may be a secret, and another one tomorrow
  const pins = openToolPins(toolPinsDir(config.home), [`${upstream.origin}${upstream.pathname}`]);
  const proxy = await startHttpProxy({ gate, pins, upstream, port: args.count("listen-port", PORT) ?? 0 });
  output.result({ url: proxy.url, upstream: upstream.href });
  output.line(`Give the client this address: ${proxy.url}`);
  await stop.asked;
  await proxy.close();
  stop.dispose();
  return EXIT.ok;
}

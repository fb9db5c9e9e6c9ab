import { randomUUID } from "node:crypto";
import { actionView, pageOf } from "@firebreak/protocol";
import type { ActionView } from "@firebreak/protocol";
import { OperatorError, formatNetwork, networksOverlap, parseAddressOrNetwork } from "../../kernel/index.ts";
import { usageError } from "../arguments.ts";
import type { Command, CommandContext, ParsedArguments } from "../command.ts";
import { ASKS_SERVER, EXIT } from "../exit-codes.ts";
import { timeText } from "../format.ts";
import { printable } from "../printable.ts";
import { readDuration } from "../read-time.ts";

const EXITS = [...ASKS_SERVER, "notFound"] as const;
const APPLY_TIMEOUT_MS = 60_000;
const REASON = { type: "string", value: "TEXT", summary: "why, for the record (needed)" } as const;
const INCIDENT = { type: "string", value: "ID", summary: "the incident it belongs to" } as const;
const DIRECTIONS = ["both", "in", "out"];

const block: Command = {
  name: "block",
  summary: "cut off IP addresses or networks for a time",
  description: [
    "In this server's packet filter (nftables, pf or ufw). It ends by itself, and comes back after a reboot with the time " +
      "that is left. This host, its gateway and name servers, the database, the channels of the profile, whoever is " +
      "signed in or logged in, and the allow-list (effectors.firewall.neverBlock) are never blocked, nor a network that " +
      "holds one of them.",
  ],
  positionals: [{ name: "ADDRESS", summary: "203.0.113.7, 203.0.113.0/24, 2001:db8::/48 …", many: true }],
  options: {
    for: { type: "string", value: "TIME", summary: "how long: 30m, 2h, 7d (1h)" },
    direction: { type: "string", value: "WHICH", summary: "in, out or both (both)" },
    reason: REASON,
    incident: INCIDENT,
  },
  examples: [
    'firebreak block 203.0.113.7 --for 1h --reason "tries passwords"',
    'firebreak block 203.0.113.0/24 2001:db8::/48 --direction out --reason "where the data went"',
  ],
  exits: EXITS,
  run: async (context) => {
    const direction = context.args.text("direction") ?? "both";
    if (!DIRECTIONS.includes(direction)) throw usageError(block, "--direction is in, out or both.");
    const address = [...context.args.positionals];
    refuseOwn(context, address);
    return apply(context, "firewall.block", { address, direction }, timeOf(block, context.args, "1h"));
  },
};

/** Where this terminal is connected from, which the server cannot know. */
function ownAddress({ environment }: Pick<CommandContext, "environment">): string | undefined {
  return environment["SSH_CONNECTION"]?.split(" ", 1)[0];
}

function refuseOwn(context: CommandContext, addresses: readonly string[]): void {
  const own = parseAddressOrNetwork(ownAddress(context) ?? "");
  const networks = addresses.map((text) => ({ text, network: parseAddressOrNetwork(text) }));
  const cut = networks.find(
    ({ network }) => own !== undefined && network !== undefined && networksOverlap(own, network),
  );
  if (own === undefined || cut === undefined) return;
  throw new OperatorError(
    `${printable(cut.text)} would cut you off: you are connected from ${formatNetwork(own)}.`,
    "Block a narrower network, or do it from elsewhere.",
  );
}

function timeOf(command: Command, args: ParsedArguments, otherwise: string): number {
  const text = args.text("for") ?? otherwise;
  const lastsMs = readDuration(text);
  if (lastsMs === undefined)
    throw usageError(command, `--for takes a time such as 30m, 2h or 7d, not "${printable(text)}".`);
  return lastsMs / 1000;
}

async function apply(
  { client, output, args }: CommandContext,
  effector: string,
  parameters: Readonly<Record<string, unknown>>,
  forSeconds: number,
): Promise<number> {
  const incidentId = args.text("incident");
  const action = await client.post(
    actionView,
    "/actions",
    {
      effector,
      parameters,
      forSeconds,
      reason: args.requiredText("reason", 3),
      idempotencyKey: randomUUID(),
      ...(incidentId === undefined ? {} : { incidentId }),
    },
    APPLY_TIMEOUT_MS,
  );
  output.result(action);
  const isDone = action.state === "in_force";
  const message = printable(action.message ?? action.state);
  output.line(isDone ? output.style.green(message) : output.style.red(message));
  output.line(`${action.id}${action.expiresAt === null ? "" : ` ends at ${timeText(action.expiresAt)} UTC`}`);
  return isDone ? EXIT.ok : EXIT.failed;
}

async function liveActions({ client }: CommandContext, effector: string): Promise<readonly ActionView[]> {
  const page = await client.get(pageOf(actionView), `/actions?live=true&limit=500&effector=${effector}`);
  return page.items;
}

async function undoAll(context: CommandContext, actions: readonly ActionView[]): Promise<number> {
  const { client, output, args } = context;
  const reason = args.requiredText("reason", 3);
  const undone: ActionView[] = [];
  for (const { id } of actions) {
    undone.push(await client.post(actionView, `/actions/${encodeURIComponent(id)}/undo`, { reason }, APPLY_TIMEOUT_MS));
  }
  output.result({ items: undone });
  for (const one of undone) output.line(`${one.id}: ${printable(one.message ?? one.state)}`);
  return undone.every(({ state }) => state !== "undoing") ? EXIT.ok : EXIT.failed;
}

const unblock: Command = {
  name: "unblock",
  summary: "let an address in again before its time",
  description: ["Ends the blocks made for just that address or network. A wider network that holds it stays blocked."],
  positionals: [{ name: "ADDRESS", summary: "as it was blocked" }],
  options: { reason: REASON },
  examples: ['firebreak unblock 203.0.113.7 --reason "it was our own scanner"'],
  exits: EXITS,
  run: async (context) => {
    const text = context.args.positional(0) ?? "";
    const network = parseAddressOrNetwork(text);
    if (network === undefined) throw usageError(unblock, `"${printable(text)}" is no IP address or network.`);
    const wanted = formatNetwork(network);
    const blocks = await liveActions(context, "firewall.block");
    const found = blocks.filter((one) => one.blastRadius.addresses.some((address) => canonical(address) === wanted));
    const [many] = found.filter((one) => one.blastRadius.addresses.length > 1);
    if (many !== undefined) {
      const message = `${many.id} blocks ${many.blastRadius.addresses.length} addresses at once, this one among them.`;
      throw new OperatorError(message, `End all of it with: firebreak actions undo ${many.id} --reason …`);
    }
    if (found.length > 0) return undoAll(context, found);
    throw new OperatorError(`No block of ${wanted} is in force.`, "See: firebreak blocks", { exitCode: EXIT.notFound });
  },
};

function canonical(text: string): string {
  const network = parseAddressOrNetwork(text);
  return network === undefined ? text : formatNetwork(network);
}

const blocks: Command = {
  name: "blocks",
  summary: "the addresses that are cut off now, until when, and why",
  examples: ["firebreak blocks", "firebreak blocks --json"],
  exits: ASKS_SERVER,
  run: async (context) => {
    const { output } = context;
    const items = await liveActions(context, "firewall.block");
    output.result({ items });
    if (items.length === 0) output.line("Nothing is blocked.");
    else {
      output.table(
        ["ADDRESS", "STATE", "UNTIL (UTC)", "BY", "ID", "REASON"],
        items.map((one) => [
          printable(one.blastRadius.addresses.join(" ")),
          one.state.replace("_", " "),
          one.expiresAt === null ? "-" : timeText(one.expiresAt),
          printable(one.requestedBy.name),
          one.id,
          printable(one.reason),
        ]),
      );
    }
    return EXIT.ok;
  },
};

const isolate: Command = {
  name: "isolate",
  summary: "cut this server's host off, but for its people",
  description: [
    "Everything is dropped but loopback, whoever is signed in or logged in, this terminal, the database and the allow-list " +
      "(effectors.firewall.neverBlock). The kernel ends it by itself, whatever becomes of Firebreak. The first time it " +
      "lasts half an hour at most; while it is in force, ask again for longer: that shows that you still reach the host.",
  ],
  options: {
    for: { type: "string", value: "TIME", summary: "how long: 15m, 2h (15m)" },
    end: { type: "boolean", summary: "end every isolation now" },
    reason: REASON,
    incident: INCIDENT,
  },
  examples: [
    'firebreak isolate --for 15m --reason "data leaves this host"',
    'firebreak isolate --for 8h --reason "still looking"',
    'firebreak isolate --end --reason "cleaned"',
  ],
  exits: EXITS,
  run: async (context) => {
    if (context.args.flag("end")) return undoAll(context, await liveActions(context, "host.isolate"));
    const seconds = timeOf(isolate, context.args, "15m");
    const own = ownAddress(context);
    const allow = own === undefined ? {} : { allow: [own] };
    return apply(context, "host.isolate", { for: `${seconds}s`, ...allow }, seconds);
  },
};

export const firewallCommands: readonly Command[] = [block, unblock, blocks, isolate];

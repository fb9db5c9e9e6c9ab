import { newTokenView, pageOf, role, tokenView } from "@firebreak/protocol";
import { z } from "zod";
import { usageError } from "../arguments.ts";
import type { Command, CommandContext } from "../command.ts";
import { ASKS_SERVER, EXIT } from "../exit-codes.ts";
import { timeText } from "../format.ts";
import { printable } from "../printable.ts";

const DAYS = { min: 1, max: 3650 };
const accessName = z.union([role, z.literal("agent")]);

const create: Command = {
  name: "token create",
  summary: "make an API token; its secret is shown once",
  description: [
    "The secret alone goes to standard output, so that it can be put where it is needed; what the token may do is said " +
      "on standard error.",
  ],
  positionals: [{ name: "NAME", summary: "what it is for" }],
  options: {
    access: {
      type: "string",
      value: "ROLE",
      summary: "viewer (the default), responder, commander, admin, or agent: its telemetry and its gate",
    },
    agent: { type: "string", value: "ID", summary: "the agent it reports for, with --access agent" },
    days: { type: "string", value: "N", summary: "expires after N days; without it never" },
  },
  examples: [
    "firebreak token create grafana --days 90",
    "firebreak token create ci --access responder > ci-token",
    "firebreak token create scout --access agent --agent scout",
  ],
  exits: ASKS_SERVER,
  run: async (context) => {
    const { client, output } = context;
    const made = await client.post(newTokenView, "/tokens", readTokenRequest(context));
    output.result(made);
    output.line(made.token);
    output.note(`Token ${made.id} (${made.access}). It is shown only now; keep it secret.`);
    return EXIT.ok;
  },
};

function readTokenRequest({ args }: CommandContext) {
  const access = accessName.safeParse(args.text("access") ?? "viewer");
  if (!access.success) throw usageError(create, "--access is viewer, responder, commander, admin or agent.");
  const agentId = args.text("agent");
  if ((access.data === "agent") !== (agentId !== undefined)) {
    throw usageError(create, "--access agent and --agent ID go together.");
  }
  const expiresInDays = args.count("days", DAYS);
  return {
    name: args.positional(0),
    access: access.data,
    ...(agentId === undefined ? {} : { agentId }),
    ...(expiresInDays === undefined ? {} : { expiresInDays }),
  };
}

const list: Command = {
  name: "token list",
  summary: "API tokens and when they were last used",
  examples: ["firebreak token list"],
  exits: ASKS_SERVER,
  run: async ({ client, output }) => {
    const page = await client.get(pageOf(tokenView), "/tokens?limit=500");
    output.result(page);
    if (page.items.length === 0) output.line("No token yet. Make one with: firebreak token create NAME");
    else {
      output.table(
        ["ID", "NAME", "ACCESS", "EXPIRES (UTC)", "LAST USED (UTC)", "REVOKED (UTC)"],
        page.items.map((one) => [
          one.id,
          printable(one.name),
          one.access,
          one.expiresAt === null ? "never" : timeText(one.expiresAt),
          one.lastUsedAt === null ? "-" : timeText(one.lastUsedAt),
          one.revokedAt === null ? "-" : timeText(one.revokedAt),
        ]),
      );
    }
    return EXIT.ok;
  },
};

const revoke: Command = {
  name: "token revoke",
  summary: "end a token at once",
  positionals: [{ name: "TOKEN", summary: "the token's id, from `firebreak token list`" }],
  examples: ["firebreak token revoke tok_01…"],
  exits: [...ASKS_SERVER, "notFound"],
  run: async ({ client, output, args }) => {
    const id = args.positional(0) ?? "";
    await client.delete(`/tokens/${encodeURIComponent(id)}`);
    output.result({ revoked: id });
    output.line(`Revoked ${id}.`);
    return EXIT.ok;
  },
};

const signInLink = z.object({ name: z.string(), url: z.string(), expiresAt: z.string() });

const link: Command = {
  name: "token link",
  summary: "make a one-time link by which a person signs in",
  description: [
    "For who has no password yet or lost the way in. It works once and for 15 minutes: open it, or pass it on by a way " +
      "that nobody else reads. Whoever owns the Firebreak home can always make one.",
  ],
  options: {
    user: { type: "string", value: "NAME", summary: "for whom (owner)" },
    "reset-password": { type: "boolean", summary: "take a forgotten password away, and end the person's sessions" },
  },
  examples: ["firebreak token link", "firebreak token link --user ada --reset-password"],
  exits: [...ASKS_SERVER, "notFound"],
  run: async ({ client, output, args }) => {
    const name = args.text("user");
    const resetPassword = args.flag("reset-password");
    const made = await client.post(signInLink, "/sign-in/links", { name, resetPassword });
    output.result(made);
    output.line(made.url);
    output.note(`Signs ${printable(made.name)} in once, until ${timeText(made.expiresAt)} UTC.`);
    return EXIT.ok;
  },
};

export const tokenCommands: readonly Command[] = [create, list, revoke, link];

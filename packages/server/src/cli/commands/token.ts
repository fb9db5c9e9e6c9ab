import { newTokenView, pageOf, tokenView } from "@firebreak/protocol";
import { EXIT } from "../command.ts";
import type { Command } from "../command.ts";
import { printable } from "../output.ts";

const create: Command = {
  name: "token create",
  summary: "make an API token; its secret is shown once",
  positionals: [{ name: "NAME", summary: "what it is for" }],
  options: {
    access: {
      type: "string",
      value: "ROLE",
      summary: "viewer, responder, commander, admin, or agent (telemetry only)",
    },
    days: { type: "string", value: "N", summary: "expires after N days" },
  },
  examples: ["firebreak token create grafana --access viewer --days 90"],
  run: async ({ client, output, args }) => {
    const days = args.text("days");
    const made = await client.post(newTokenView, "/tokens", {
      name: args.positional(0),
      access: args.text("access") ?? "viewer",
      ...(days === undefined ? {} : { expiresInDays: Number(days) }),
    });
    output.result(made);
    output.line(made.token);
    output.note(`Token ${made.id} (${made.access}). It is shown only now; keep it secret.`);
    return EXIT.ok;
  },
};

const list: Command = {
  name: "token list",
  summary: "API tokens and when they were last used",
  run: async ({ client, output }) => {
    const page = await client.get(pageOf(tokenView), "/tokens");
    output.result(page);
    output.table(
      ["ID", "NAME", "ACCESS", "EXPIRES", "LAST USED", "REVOKED"],
      page.items.map((one) => [
        one.id,
        printable(one.name),
        one.access,
        one.expiresAt ?? "never",
        one.lastUsedAt ?? "-",
        one.revokedAt ?? "-",
      ]),
    );
    return EXIT.ok;
  },
};

const revoke: Command = {
  name: "token revoke",
  summary: "end a token at once",
  positionals: [{ name: "TOKEN", summary: "the token's id, from `firebreak token list`" }],
  run: async ({ client, output, args }) => {
    const id = args.positional(0) ?? "";
    await client.delete(`/tokens/${encodeURIComponent(id)}`);
    output.result({ revoked: id });
    output.line(`Revoked ${id}.`);
    return EXIT.ok;
  },
};

export const tokenCommands: readonly Command[] = [create, list, revoke];

import { pageOf, savedView } from "@firebreak/protocol";
import type { SavedView } from "@firebreak/protocol";
import type { Command } from "../command.ts";
import { EVENT_FILTER_OPTIONS, readEventFilters } from "../event-filters.ts";
import { ASKS_SERVER, EXIT } from "../exit-codes.ts";
import { printable } from "../printable.ts";
import { findView } from "../saved-views.ts";

const list: Command = {
  name: "views list",
  summary: "saved views of the explorer: yours, and shared ones",
  examples: ["firebreak views list", "firebreak views list --json"],
  exits: ASKS_SERVER,
  run: async ({ client, output }) => {
    const page = await client.get(pageOf(savedView), "/views");
    output.result(page);
    if (page.items.length === 0) output.line("No view is saved yet: firebreak views save NAME --outcome denied");
    else {
      output.table(
        ["NAME", "WHOSE", "FILTERS", "ID"],
        page.items.map((view) => [printable(view.name), whose(view), printable(optionsOf(view)), view.id]),
      );
    }
    return EXIT.ok;
  },
};

function whose({ own, shared, owner }: SavedView): string {
  if (own) return shared ? "yours, shared" : "yours";
  return printable(owner.name);
}

/** As the commands take them, quoted for a shell. */
function optionsOf({ filters }: SavedView): string {
  const texts = Object.entries(filters).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((one) => `--${name} ${quoted(String(one))}`),
  );
  return texts.join(" ");
}

function quoted(text: string): string {
  return /^[\w.:@,=*/+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

const save: Command = {
  name: "views save",
  summary: "keep filters under a name; one of that name is replaced",
  description: [
    "To use it: events list --view NAME --since 24h. A span given here, such as --since 24h, is kept as the time it means now.",
  ],
  positionals: [{ name: "NAME", summary: "what it is called" }],
  options: { shared: { type: "boolean", summary: "for everybody" }, ...EVENT_FILTER_OPTIONS },
  examples: [
    "firebreak views save denied-calls --outcome denied --kind tool_call",
    "firebreak views save risks --risk high,critical --shared",
  ],
  exits: ASKS_SERVER,
  run: async ({ client, output, args, clock }) => {
    const name = args.positional(0) ?? "";
    const body = { name, shared: args.flag("shared"), filters: readEventFilters(save, args, clock) };
    const before = (await client.get(pageOf(savedView), "/views")).items.find((view) => view.own && view.name === name);
    const view =
      before === undefined
        ? await client.post(savedView, "/views", body)
        : await client.put(savedView, `/views/${before.id}`, body);
    output.result(view);
    output.line(
      `${printable(view.name)} ${before === undefined ? "is saved" : "is replaced"}: ${printable(optionsOf(view))}`,
    );
    return EXIT.ok;
  },
};

const remove: Command = {
  name: "views remove",
  summary: "remove a saved view",
  positionals: [{ name: "NAME", summary: "its name or its id (viw_…)" }],
  examples: ["firebreak views remove denied-calls"],
  exits: [...ASKS_SERVER, "notFound"],
  run: async ({ client, output, args }) => {
    const view = await findView(client, args.positional(0) ?? "");
    await client.delete(`/views/${view.id}`);
    output.result({ removed: view.id });
    output.line(`${printable(view.name)} is removed.`);
    return EXIT.ok;
  },
};

export const viewsCommands: readonly Command[] = [list, save, remove];

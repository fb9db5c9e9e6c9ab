import { z } from "zod";
import { usageError } from "./arguments.ts";
import type { Command, CommandContext, Option } from "./command.ts";
import { EVENT_FILTER_OPTIONS, readEventFilters } from "./event-filters.ts";
import { findView } from "./saved-views.ts";

/** Filters of events, by themselves and as they were saved. */
export const EVENT_QUERY_OPTIONS: Readonly<Record<string, Option>> = {
  ...EVENT_FILTER_OPTIONS,
  view: { type: "string", value: "NAME", summary: "a saved view; further filters replace its own" },
};

const savedFilters = z.record(z.string(), z.union([z.string(), z.array(z.string())]));

/** @returns the filters as the query of the API. @throws OperatorError for what cannot be read, and for a view that is not there */
export async function readEventQuery(
  command: Pick<Command, "name">,
  { args, client, clock }: CommandContext,
): Promise<URLSearchParams> {
  const name = args.text("view");
  const given = readEventFilters(command, args, clock);
  if (args.text("text")?.trim() === "") throw usageError(command, "--text takes at least one word.");
  const saved = name === undefined ? {} : savedFilters.parse((await findView(client, name)).filters);
  const query = new URLSearchParams();
  for (const [filter, value] of Object.entries({ ...saved, ...given })) {
    const values = typeof value === "string" ? [value] : value;
    if (filter === "path") for (const path of values) query.append(filter, path);
    else query.set(filter, values.join(","));
  }
  return query;
}

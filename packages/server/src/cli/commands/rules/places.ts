import { existsSync } from "node:fs";
import path from "node:path";
import { OperatorError } from "../../../kernel/index.ts";
import type { Positional } from "../../command.ts";
import type { CommandContext } from "../../command.ts";
import { dataDir } from "../../installation.ts";
import { printable } from "../../printable.ts";
import { profilePlaceholders } from "../../profile-placeholders.ts";

export const DIRECTORIES: Positional = {
  name: "DIR",
  summary: "directories of rules, or single files (the shipped rules and those of the home)",
  optional: true,
  many: true,
};

export const homeRulesDir = ({ config }: CommandContext): string => path.join(config.home, "rules");

/** Where the rules lie that a server of this home has in force. */
export const placesInForce = (context: CommandContext): string[] => [
  path.join(dataDir(), "rules"),
  homeRulesDir(context),
];

/** @throws OperatorError when a place named does not exist */
export function resolvePlaces({ workingDirectory }: CommandContext, named: readonly string[]): string[] {
  const places = named.map((one) => path.resolve(workingDirectory, one));
  const missing = places.findIndex((place) => !existsSync(place));
  if (missing < 0) return places;
  const place = printable(named[missing] ?? "");
  throw new OperatorError(`There is no ${place}.`, "Name a directory of Sigma rules, or a file.");
}

/** The rules of the places named, else those in force. */
export async function loadPlaces(context: CommandContext, named: readonly string[]) {
  const { loadRules } = await import("../../../detection/index.ts");
  const placeholders = await profilePlaceholders(context.config);
  return loadRules(named.length > 0 ? resolvePlaces(context, named) : placesInForce(context), { placeholders });
}

export const shown = ({ workingDirectory }: CommandContext, file: string): string =>
  printable(path.relative(workingDirectory, file));

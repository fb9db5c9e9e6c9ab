import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { OperatorError, packageDir } from "../kernel/index.ts";

const packageFile = z.object({ version: z.string() });

const PACKAGE_DIR = packageDir();

/** @returns the version of the installed package */
export function readVersion(): string {
  return packageFile.parse(JSON.parse(readFileSync(path.join(PACKAGE_DIR, "package.json"), "utf8"))).version;
}

/** @returns the directory that holds `profiles/`, `rules/` and `maps/` */
export function dataDir(): string {
  const places = [path.join(PACKAGE_DIR, "data"), path.resolve(PACKAGE_DIR, "../..")];
  const found = places.find((place) => existsSync(path.join(place, "profiles")));
  if (found !== undefined) return found;
  throw new OperatorError("The shipped profiles and rules are missing.", "Install the package again.");
}

/** @returns the built console's directory, or undefined when it was not built */
export function consoleDir(): string | undefined {
  const places = [path.join(PACKAGE_DIR, "console"), path.resolve(PACKAGE_DIR, "../console/dist")];
  return places.find((place) => existsSync(path.join(place, "index.html")));
}

/** @returns the demo's agent program, part of the source tree */
export function rogueAgentFile(): string {
  const file = path.resolve(PACKAGE_DIR, "../../test/agents/rogue-agent.mjs");
  if (existsSync(file)) return file;
  throw new OperatorError("The demo's agent program is missing.", "Run the demo from a clone of the repository.");
}

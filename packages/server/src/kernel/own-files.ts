import { existsSync } from "node:fs";
import path from "node:path";

/**
 * The server package's directory, wherever in it this module runs from: the sources, their translation, or the bundle that
 * the commands run from.
 */
export function packageDir(): string {
  for (let dir = import.meta.dirname; ; dir = path.dirname(dir)) {
    if (existsSync(path.join(dir, "package.json"))) return dir;
    if (dir === path.dirname(dir)) throw new Error(`There is no package.json above ${import.meta.dirname}.`);
  }
}

/** The programs that the build makes, for processes and threads of their own. From source they are the last build's. */
export type Program = "firebreak" | "workshop-worker" | "drill-conduct" | "drill-agent";

export function programFile(program: Program): string {
  return path.join(packageDir(), "dist/program", `${program}.js`);
}

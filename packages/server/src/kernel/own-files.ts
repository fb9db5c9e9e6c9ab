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

/**
 * @returns one of the programs that the build makes, for processes and threads of their own: `firebreak`, `workshop-worker`,
 *   `drill-conduct`, or a `*-program.ts` of the drills. From source it is the last build's.
 */
export function programFile(program: string): string {
  return path.join(packageDir(), "dist/program", `${program}.js`);
}

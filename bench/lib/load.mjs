import path from "node:path";
import { repository, startNode } from "./firebreak.mjs";

const program = path.join(repository, "bench/load-generator.mjs");

/** Runs the load generator in its own process. @returns what it counted */
export async function sendLoad({ token, ...load }) {
  const generator = startNode([program, JSON.stringify(load)], { env: { ...process.env, LOAD_TOKEN: token } });
  const code = await generator.ended;
  if (code !== 0) throw new Error(`the load generator ended with ${code}: ${generator.tail()}`);
  return JSON.parse(generator.tail());
}

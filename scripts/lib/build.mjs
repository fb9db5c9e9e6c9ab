import { existsSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { build as bundle } from "esbuild";
import { bundleServer, PROGRAM_BUILT } from "./bundle-server.mjs";
import { binary, repository, run } from "./run.mjs";

const PACKAGES = ["protocol", "sigma", "verifier", "sdk", "server"];
const CONSOLE = path.join(repository, "packages/console");

function newestChange(directory) {
  let newest = 0;
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (entry.name === "dist" || entry.name === "node_modules") continue;
    const full = path.join(directory, entry.name);
    newest = Math.max(newest, entry.isDirectory() ? newestChange(full) : statSync(full).mtimeMs);
  }
  return newest;
}

function isStale(directory, product) {
  return !existsSync(product) || statSync(product).mtimeMs < newestChange(directory);
}

function serverIsStale() {
  return PACKAGES.some((name) => {
    const directory = path.join(repository, "packages", name);
    const products = [path.join(directory, "dist/.tsbuildinfo"), PROGRAM_BUILT];
    return products.some((product) => isStale(directory, product));
  });
}

/** The verifier as one file, which plain Node runs wherever it is put. */
async function bundleVerifier() {
  const directory = path.join(repository, "packages/verifier/dist");
  await bundle({
    entryPoints: [path.join(directory, "firebreak-verify.js")],
    outfile: path.join(directory, "firebreak-verify.mjs"),
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
  });
}

/** Builds what is missing or older than its sources. @returns 0, or the exit code of what failed */
export async function buildWhatIsMissing(say) {
  if (serverIsStale()) {
    say("Building the server …");
    const projects = PACKAGES.map((name) => `packages/${name}`);
    const code = await run(binary("tsc"), ["-b", ...projects]);
    if (code !== 0) return code;
    await Promise.all([bundleVerifier(), bundleServer()]);
  }
  const sources = [CONSOLE, path.join(repository, "packages/protocol")];
  if (sources.some((directory) => isStale(directory, path.join(CONSOLE, "dist/index.html")))) {
    say("Building the console …");
    return run(binary("vite"), ["build", "--logLevel", "warn"], { cwd: CONSOLE });
  }
  return 0;
}

import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { build } from "esbuild";
import { repository } from "./run.mjs";

const SERVER = path.join(repository, "packages/server");
const PROGRAMS = path.join(SERVER, "dist/program");
/** Written last. */
export const PROGRAM_BUILT = path.join(PROGRAMS, "LICENSES.txt");

/** The programs that `programFile` of the server's kernel finds. */
function findEntries() {
  const inDrills = readdirSync(path.join(SERVER, "src/drills"), { recursive: true }).map(
    (name) => `src/drills/${name}`,
  );
  const programs = inDrills.filter((name) => name.endsWith("-program.ts"));
  return {
    firebreak: "src/cli/main.ts",
    "workshop-worker": "src/workshop/worker/main.ts",
    "scan-worker": "src/scans/worker/main.ts",
    "import-worker": "src/app/import-runbook/worker.ts",
    "evidence-worker": "src/app/evidence/worker/main.ts",
    "bookkeeping-worker": "src/app/bookkeeping/worker.ts",
    "log-check-worker": "src/app/log-check/worker.ts",
    "drill-conduct": "src/drills/conduct/main.ts",
    ...Object.fromEntries(programs.map((name) => [path.basename(name, ".ts"), name])),
  };
}

/** The module that finds the package's directory, and modules that only make a `require` of their own. */
const KNOWS_ITS_PLACE = /\/(?:kernel\/own-files|storage\/embedded\/binaries|verifier\/src\/archive\/open-archive)\.ts$/;

/** They read files that lie beside them, or are not there at all (pg-native), and are found in node_modules. */
const LEFT_OUTSIDE = ["pdfkit", "@bokuweb/zstd-wasm", "pg-native"];

/** They look beside themselves only for what is not used: threads that write logs; or require it. */
const HARMLESS = new Set(["pino", "thread-stream", "fdir"]);

/**
 * graphile-worker looks for its configuration from the working directory up when it is loaded, and runs one that is a
 * program. An agent may write there; Firebreak says by itself what the worker shall do.
 */
const NO_SEARCH = "no-search";
const WITHOUT_SEARCH = {
  name: "without a search for configuration",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^cosmiconfig$/ }, () => ({ path: "cosmiconfig", namespace: NO_SEARCH }));
    onLoad({ filter: /./, namespace: NO_SEARCH }, () => ({
      contents: "exports.cosmiconfigSync = () => ({ search: () => null });",
    }));
  },
};

const BANNER = `import { createRequire as createRequireOfBundle } from "node:module";
const require = createRequireOfBundle(import.meta.url);`;

/**
 * It is there as long as the server: in a bundle of its own it is only what it uses, where chunks that it shared with others
 * would be what they use too.
 */
const ALONE = { "judge-worker": "src/detection/thread/main.ts" };

/**
 * The server, the command line and what they start, as a few files instead of thousands: loading modules one by one is most
 * of what a command costs. What several of them share, or load late, lies in chunks beside them.
 */
export async function bundleServer() {
  const made = [await bundle(findEntries(), { splitting: true }), await bundle(ALONE, { splitting: false })];
  const files = made.flatMap(({ inputs }) => Object.keys(inputs)).filter((name) => !name.startsWith(`${NO_SEARCH}:`));
  const inputs = [...new Set(files)].map((name) => path.resolve(SERVER, name));
  refuseOwnPlaces(inputs.filter((file) => !file.includes("/node_modules/")));
  const packages = packagesOf(inputs);
  refuseFilesBeside(packages);
  removeOthers(made.flatMap(({ outputs }) => Object.keys(outputs)).map((name) => path.resolve(SERVER, name)));
  writeFileSync(PROGRAM_BUILT, licensesOf(packages.keys()));
}

async function bundle(entryPoints, { splitting }) {
  const { metafile } = await build({
    absWorkingDir: SERVER,
    entryPoints,
    outdir: PROGRAMS,
    bundle: true,
    splitting,
    platform: "node",
    format: "esm",
    target: "node20.19",
    conditions: ["firebreak-source"],
    external: LEFT_OUTSIDE,
    sourcemap: true,
    sourcesContent: false,
    keepNames: false,
    metafile: true,
    banner: { js: BANNER },
    plugins: [WITHOUT_SEARCH],
  });
  return metafile;
}

/** @returns the bundled files of other people's packages, by the package's directory */
function packagesOf(files) {
  const packages = new Map();
  for (const file of files) {
    const [directory] = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file) ?? [];
    if (directory !== undefined) packages.set(directory, [...(packages.get(directory) ?? []), file]);
  }
  return packages;
}

function refuseOwnPlaces(files) {
  const guilty = files.find(
    (file) => !KNOWS_ITS_PLACE.test(file) && /\bimport\.meta\.(?:dir|file|url)/.test(readFileSync(file, "utf8")),
  );
  if (guilty === undefined) return;
  throw new Error(
    `${guilty} finds files by where it lies, which is elsewhere in the bundle. Use packageDir or programFile.`,
  );
}

/** A package that reads files from beside its own would look for them beside the bundle. */
function refuseFilesBeside(packages) {
  for (const [directory, files] of packages) {
    if (HARMLESS.has(path.basename(directory))) continue;
    const guilty = files.find((file) => /\b__(?:dirname|filename)\b|\bimport\.meta\b/.test(readFileSync(file, "utf8")));
    if (guilty === undefined) continue;
    throw new Error(
      `${guilty} knows where it lies. Look at what it reads there, and leave it outside the bundle if so.`,
    );
  }
}

/** The licences ask that copies carry them. */
function licensesOf(directories) {
  const texts = Array.from(directories, (directory) => {
    const { name, version, license } = JSON.parse(readFileSync(path.join(directory, "package.json"), "utf8"));
    const files = readdirSync(directory).filter((file) => /^(?:licen[cs]e|notice|copying)/i.test(file));
    const own = files.map((file) => readFileSync(path.join(directory, file), "utf8").trim());
    return [`${name} ${version} (${license})`, ...own].join("\n\n");
  });
  return `${texts.toSorted().join(`\n\n${"-".repeat(80)}\n\n`)}\n`;
}

/** What an earlier build left. */
function removeOthers(made) {
  const wanted = new Set(made);
  for (const name of readdirSync(PROGRAMS)) {
    const file = path.join(PROGRAMS, name);
    if (!wanted.has(file)) rmSync(file, { recursive: true });
  }
}

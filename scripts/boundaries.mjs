// Who may import whom (ARCHITECTURE.md, "The rooms"). Reads every module with a parser, follows relative and workspace
// imports, and fails on a wrong direction, on reaching into a room past its index.ts, and when it saw too few modules.
//
//   node scripts/boundaries.mjs [ROOT]     exit 0: all imports keep to the directions; exit 1: each violation on a line
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { parseSync } from "oxc-parser";

/** Each line may import the lines above it, and nothing on its own line unless SIDEWAYS says so. */
const LEVELS = [
  ["kernel"],
  ["storage", "redaction", "objects"],
  ["audit"],
  ["telemetry", "detection", "indicators", "oncall", "access", "originals"],
  ["evidence", "notify", "alerts"],
  ["incidents", "killswitch", "containment", "approvals", "policies"],
  ["actions", "retention"],
  ["playbooks", "senders", "guard", "investigation", "scans"],
  ["recovery", "learning", "workshop", "reactions", "explorer", "drills", "simulation"],
  ["app"],
  ["api", "cli"],
];
const SIDEWAYS = new Set(["containment>killswitch", "detection>telemetry", "cli>api"]);
/** Rooms with a narrower list than their level gives. */
const ONLY = { killswitch: ["kernel"] };
/** Doors call rooms; they never touch storage. */
const NEVER = new Set(["api>storage", "cli>storage"]);
/** Which workspace may import which. */
const PACKAGES = {
  protocol: [],
  sigma: [],
  verifier: [],
  sdk: ["protocol", "sigma"],
  server: ["protocol", "sigma", "sdk", "verifier"],
  console: ["protocol"],
};

const root = path.resolve(process.argv[2] ?? ".");
const modulesMin = process.argv[2] === undefined ? 60 : 1;
const levelOf = new Map(LEVELS.flatMap((rooms, level) => rooms.map((room) => [room, level])));

function* sourceFiles(directory) {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const full = path.join(directory, entry.name);
    if (entry.isDirectory() && entry.name !== "dist" && entry.name !== "node_modules") yield* sourceFiles(full);
    else if (/\.tsx?$/.test(entry.name) && !/\.test\.tsx?$|(^|\/)testing\.ts$/.test(entry.name)) yield full;
  }
}

function specifiersOf(file) {
  const text = readFileSync(file, "utf8");
  const { module } = parseSync(file, text);
  return [
    ...module.staticImports.map((item) => item.moduleRequest.value),
    ...module.staticExports.flatMap((item) => item.entries.flatMap((entry) => entry.moduleRequest?.value ?? [])),
    ...module.dynamicImports.map((item) => text.slice(item.moduleRequest.start + 1, item.moduleRequest.end - 1)),
  ];
}

/** @returns {{ package: string, room: string | undefined, file: string }} where a source file lives */
function placeOf(file) {
  const [, pkg, , room] = path.relative(root, file).split(path.sep);
  const isRoomFile = pkg === "server" && levelOf.has(room);
  return { package: pkg, room: isRoomFile ? room : undefined, file };
}

function judge(from, specifier) {
  const workspace = /^@firebreak\/([a-z]+)/.exec(specifier)?.[1];
  if (workspace !== undefined) {
    return PACKAGES[from.package].includes(workspace)
      ? undefined
      : `package ${from.package} may not import ${workspace}`;
  }
  if (!specifier.startsWith(".")) return undefined;
  const to = placeOf(path.resolve(path.dirname(from.file), specifier));
  if (to.package !== from.package) return `reaches into package ${to.package} by a relative path`;
  if (from.package !== "server" || to.room === from.room) return undefined;
  if (from.room === undefined || to.room === undefined) return "stands outside the rooms";
  return judgeRooms(from.room, to);
}

function judgeRooms(from, to) {
  const edge = `${from}>${to.room}`;
  const inOrder = levelOf.get(to.room) < levelOf.get(from) || SIDEWAYS.has(edge);
  const allowed = ONLY[from]?.includes(to.room) ?? (inOrder && !NEVER.has(edge));
  if (!allowed) return `room ${from} may not import room ${to.room}`;
  const entry = to.file.split(path.sep).slice(-2).join("/");
  return entry === `${to.room}/index.ts` ? undefined : `import ${to.room}/index.ts instead of an inner file`;
}

let modules = 0;
let edges = 0;
const violations = [];
for (const name of Object.keys(PACKAGES)) {
  let files = [];
  try {
    files = [...sourceFiles(path.join(root, "packages", name, "src"))];
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
  }
  for (const file of files) {
    modules += 1;
    for (const specifier of specifiersOf(file)) {
      edges += 1;
      const message = judge(placeOf(file), specifier);
      if (message !== undefined) violations.push(`${path.relative(root, file)}: ${specifier}: ${message}`);
    }
  }
}

for (const violation of violations) process.stderr.write(`${violation}\n`);
if (modules < modulesMin) {
  process.stderr.write(`boundaries: saw only ${modules} modules; the check is looking in the wrong place\n`);
  process.exit(1);
}
process.stdout.write(`boundaries: ${modules} modules, ${edges} imports, ${violations.length} violations\n`);
process.exit(violations.length === 0 ? 0 : 1);

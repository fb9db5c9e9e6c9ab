// `npm test [-- VITEST OPTIONS]`: brings what the tests need, builds, and runs every test.
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import path from "node:path";
import { buildWhatIsMissing } from "./lib/build.mjs";
import { binary, capture, repository, run } from "./lib/run.mjs";
import { startTestDatabase } from "./lib/test-database.mjs";

/** What the tests need beside npm packages, and the Debian package that brings it. */
const NEEDS = [
  { what: "Chromium", debian: "chromium", found: () => existsSync("/usr/bin/chromium") },
  { what: "a PostgreSQL server", debian: "postgresql", found: hasPostgresServer },
  { what: "openssl", debian: "openssl", found: () => existsSync("/usr/bin/openssl") },
  { what: "libdevmapper (for a Docker Engine)", debian: "libdevmapper1.02.1", found: hasLibdevmapper },
  { what: "mount and unshare (util-linux)", debian: "util-linux", found: () => existsSync("/usr/bin/unshare") },
  { what: "systemd, for a user without root", debian: "systemd", found: () => existsSync("/lib/systemd/systemd") },
  {
    what: "a Redis server (in redis-tools, whose programs are one)",
    debian: "redis-tools",
    found: () => ["redis-server", "redis-check-rdb"].some((name) => existsSync(`/usr/bin/${name}`)),
  },
  { what: "zstd", debian: "zstd", found: () => existsSync("/usr/bin/zstd") },
  { what: "git", debian: "git", found: () => existsSync("/usr/bin/git") },
  { what: "nft (nftables)", debian: "nftables", found: () => existsSync("/usr/sbin/nft") },
  {
    what: "ip (iproute2)",
    debian: "iproute2",
    found: () => ["/usr/sbin/ip", "/sbin/ip"].some((file) => existsSync(file)),
  },
];

/** A Chromium that draws no window of its own takes half the processor time for the same pages. Where there is none, the other is used. */
const LIGHTER = { debian: "chromium-headless-shell", program: "/usr/lib/chromium/chromium-headless-shell" };

function hasPostgresServer() {
  const root = "/usr/lib/postgresql";
  return existsSync(root) && readdirSync(root).some((version) => existsSync(`${root}/${version}/bin/initdb`));
}

function hasLibdevmapper() {
  const triplets = readdirSync("/lib").filter((name) => name.includes("-linux-gnu"));
  return triplets.some((name) => existsSync(`/lib/${name}/libdevmapper.so.1.02.1`));
}

async function apt(...args) {
  const result = await askApt(...args);
  if (result.code !== 0) process.stderr.write(result.output);
  return result.code === 0;
}

async function askApt(...args) {
  const sudo = process.getuid?.() === 0 ? [] : ["sudo", "-n"];
  const [command, ...rest] = [...sudo, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", ...args];
  return capture(command, rest);
}

async function install(packages) {
  process.stdout.write(`Installing from the distribution: ${packages.join(", ")} …\n`);
  return (await apt("update")) && (await apt("install", "-y", "--no-install-recommends", ...packages));
}

const missing = NEEDS.filter((need) => !need.found());
if (missing.length > 0) {
  const installed = existsSync("/usr/bin/apt-get") && (await install(missing.map((need) => need.debian)));
  const still = missing.filter((need) => !need.found());
  for (const need of still) {
    process.stderr.write(`The tests need ${need.what}. On Debian or Ubuntu: apt-get install ${need.debian}\n`);
  }
  if (!installed || still.length > 0) process.exit(1);
}

// of Debian's own Chromium only: it has the same version there
if (existsSync("/usr/lib/chromium/chromium") && !existsSync(LIGHTER.program)) {
  process.stdout.write(`Installing from the distribution, if it is there: ${LIGHTER.debian} …\n`);
  const install = () => askApt("install", "-y", "--no-install-recommends", LIGHTER.debian);
  if ((await install()).code !== 0 && (await askApt("update")).code === 0) await install();
}

/**
 * What is tried for real: senders, a Docker Engine and what its containers hold. By package, the files that show that it is
 * there. They are unpacked and not installed, because their packages start services.
 */
const UNPACKED = {
  prometheus: ["usr/bin/prometheus"],
  "prometheus-alertmanager": ["usr/bin/prometheus-alertmanager", "usr/bin/amtool"],
  "docker.io": ["usr/sbin/dockerd"],
  containerd: ["usr/bin/containerd", "usr/bin/containerd-shim-runc-v2"],
  runc: ["usr/sbin/runc"],
  "busybox-static": ["bin/busybox"],
};

async function unpackPrograms() {
  const place = path.join(repository, "node_modules/.cache/debian");
  const isThere = (program) => [`/${program}`, `${place}/${program}`].some((file) => existsSync(file));
  for (const [name, programs] of Object.entries(UNPACKED)) {
    if (programs.every(isThere)) continue;
    process.stdout.write(`Unpacking ${name} of the distribution …\n`);
    mkdirSync(place, { recursive: true });
    const download = () => capture("apt-get", ["-qq", "download", name], { cwd: place });
    const loaded = (await download()).code === 0 || ((await apt("update")) && (await download()).code === 0);
    const archive = loaded ? readdirSync(place).find((file) => file.startsWith(`${name}_`)) : undefined;
    const unpacked = archive && (await capture("dpkg-deb", ["-x", archive, "."], { cwd: place }));
    if (unpacked?.code === 0 && programs.every(isThere)) continue;
    process.stderr.write(`The tests need ${programs.join(" and ")}. On Debian or Ubuntu: apt-get install ${name}\n`);
    return false;
  }
  return true;
}

if (!(await unpackPrograms())) process.exit(1);

/** The Node.js versions that the product is tried on beside the one that runs the tests: the floor, and the later lines. */
const NODES = ["20.19.0", "22.23.3", "24.21.0"];

/** The real Claude Code, for the test of its gate. */
const CLAUDE_CODE = "2.1.332";

/** The real OpenClaw, for the test of its gate; it runs on the latest of the Node.js versions above. */
const OPENCLAW = "2026.9.6";

/** Other runtimes that an agent may run in, for the gate of the SDK. */
const BUN = "1.4.5";
const DENO = "2.9.6";

/** An S3-compatible server that checks signatures. */
const S3_SERVER = "3.7.1";

/** Programs that npm packages ship: where each is brought, and the file that shows that it is there. */
const PROGRAMS = [
  ...NODES.map((version) => ({
    what: `Node.js ${version}`,
    place: `nodes/${version}`,
    spec: `node@npm:node-${process.platform}-${process.arch}@${version}`,
    file: "node_modules/node/bin/node",
  })),
  {
    what: `Claude Code ${CLAUDE_CODE}`,
    place: `claude-code/${CLAUDE_CODE}`,
    spec: `@anthropic-ai/claude-code-${process.platform}-${process.arch}@${CLAUDE_CODE}`,
    file: `node_modules/@anthropic-ai/claude-code-${process.platform}-${process.arch}/claude`,
  },
  {
    what: `OpenClaw ${OPENCLAW}`,
    place: `openclaw/${OPENCLAW}`,
    spec: `openclaw@${OPENCLAW}`,
    file: "node_modules/openclaw/openclaw.mjs",
  },
  {
    what: `s3rver ${S3_SERVER}`,
    place: `s3rver/${S3_SERVER}`,
    spec: `s3rver@${S3_SERVER}`,
    file: "node_modules/s3rver/bin/s3rver.js",
  },
  ...programsOfRuntimes(),
];

function programsOfRuntimes() {
  const { platform, arch } = process;
  const bun = `@oven/bun-${platform}-${arch === "arm64" ? "aarch64" : arch}`;
  const deno = `@deno/${platform}-${arch}${platform === "linux" ? "-glibc" : ""}`;
  return [
    { what: `Bun ${BUN}`, place: `bun/${BUN}`, spec: `${bun}@${BUN}`, file: `node_modules/${bun}/bin/bun` },
    { what: `Deno ${DENO}`, place: `deno/${DENO}`, spec: `${deno}@${DENO}`, file: `node_modules/${deno}/deno` },
  ];
}

/** @returns false when one could not be had */
async function bringPrograms() {
  for (const { what, place, spec, file } of PROGRAMS) {
    const prefix = path.join(repository, "node_modules/.cache", place);
    if (existsSync(path.join(prefix, file))) continue;
    process.stdout.write(`Bringing ${what} …\n`);
    const args = ["install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", prefix, spec];
    const result = await capture("npm", args);
    if (result.code !== 0) {
      process.stderr.write(`${result.output}\nThe tests need ${what} from npm (${spec}) and could not get it.\n`);
      return false;
    }
  }
  return true;
}

if (!(await bringPrograms())) process.exit(1);
const built = await buildWhatIsMissing((line) => process.stdout.write(`${line}\n`));
if (built !== 0) process.exit(built);

// the terminal sends Ctrl-C to vitest as well; this process waits for its end
process.on("SIGINT", () => {});
const given = process.env["TEST_DATABASE_URL"];
const database = given === undefined ? await startTestDatabase() : undefined;
const env = { ...process.env, TEST_DATABASE_URL: given ?? database.url };
const code = await run(binary("vitest"), ["run", ...process.argv.slice(2)], { env });
await database?.stop();
process.exit(code);

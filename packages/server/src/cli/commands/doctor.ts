import { accessSync, constants, existsSync, statSync, statfsSync } from "node:fs";
import path from "node:path";
import { checkCgroups } from "../../containment/index.ts";
import { formatFileProblem, loadProfile, messageOf } from "../../kernel/index.ts";
import { openKillswitch } from "../../killswitch/index.ts";
import type { Command, CommandContext } from "../command.ts";
import { ALWAYS, EXIT } from "../exit-codes.ts";
import { printable } from "../printable.ts";
import { consoleDir, dataDir, readVersion } from "../installation.ts";
import { profilePlaceholders } from "../profile-placeholders.ts";

interface Finding {
  readonly name: string;
  readonly verdict: "ok" | "warn" | "fail";
  readonly message: string;
  readonly remedy?: string;
}

/** Below this the database may stop taking writes. */
const FREE_BYTES_MIN = 1024 ** 3;

type Check = (context: CommandContext) => Promise<Finding> | Finding;

const CHECKS: readonly Check[] = [
  checkNode,
  checkHome,
  checkSpace,
  checkServer,
  checkJournal,
  checkProfile,
  checkRules,
  checkTreeControl,
  checkConsole,
];

export const doctorCommand: Command = {
  name: "doctor",
  summary: "check the installation and say what to mend",
  description: [
    "Each line is ok, warn or fail, with what to do. Ends with 1 when something fails. Works with the server down.",
  ],
  options: {
    "repair-killswitch": {
      type: "boolean",
      summary: "mend a damaged journal of the kill switch; every hold that any copy knows stays in force",
    },
  },
  examples: [
    "firebreak doctor",
    "firebreak doctor --home /srv/firebreak --json",
    "firebreak doctor --repair-killswitch",
  ],
  exits: ALWAYS,
  run: async (context) => {
    if (context.args.flag("repair-killswitch")) await repairKillswitch(context);
    const findings: Finding[] = [];
    for (const check of CHECKS) findings.push(await runCheck(check, context));
    const { output } = context;
    output.result({ version: readVersion(), findings });
    const paint = { ok: output.style.green, warn: output.style.yellow, fail: output.style.red };
    output.table(
      ["", "CHECK", "FINDING"],
      findings.flatMap(({ verdict, name, message, remedy }) => [
        [paint[verdict](verdict), name, printable(message)],
        ...(remedy === undefined ? [] : [["", "", output.style.bold(remedy)]]),
      ]),
    );
    return findings.some((finding) => finding.verdict === "fail") ? EXIT.failed : EXIT.ok;
  },
};

async function repairKillswitch({ config, clock, newId, logger, output, userName }: CommandContext): Promise<void> {
  const killswitch = openKillswitch({ home: config.home, clock, newId, logger });
  try {
    const actor = { kind: "cli", id: userName, name: userName } as const;
    const result = await killswitch.repair({ actor, reason: "doctor --repair-killswitch" });
    output.line(
      result.repaired ? "The kill switch's journal was mended." : "The kill switch's journal needs no mending.",
    );
    if (result.kept !== null) output.line(`The damaged journal is kept as ${result.kept}.`);
    if (result.safetyHold !== null) {
      output.line("A stop may have been lost, so everything is stopped until you look and release it:");
      output.line(`  firebreak resume ${result.safetyHold.id} --reason TEXT`);
    }
  } finally {
    killswitch.close();
  }
}

async function runCheck(check: Check, context: CommandContext): Promise<Finding> {
  try {
    return await check(context);
  } catch (fault) {
    return { name: check.name.replace("check", "").toLowerCase(), verdict: "fail", message: messageOf(fault) };
  }
}

function checkNode(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const isSupported = major > 20 || (major === 20 && minor >= 19);
  const facts = { name: "node", message: `Node.js ${process.versions.node} on ${process.platform} ${process.arch}` };
  return isSupported
    ? { ...facts, verdict: "ok" }
    : { ...facts, verdict: "fail", remedy: "Firebreak needs Node.js 20.19 or newer." };
}

function checkHome({ config }: CommandContext): Finding {
  const { home } = config;
  if (!existsSync(home))
    return { name: "home", verdict: "ok", message: `${home} does not exist yet; the first start makes it` };
  accessSync(home, constants.R_OK | constants.W_OK | constants.X_OK);
  const mode = statSync(home).mode & 0o777;
  return mode === 0o700
    ? { name: "home", verdict: "ok", message: `${home} is private` }
    : { name: "home", verdict: "warn", message: `${home} has mode ${mode.toString(8)}`, remedy: `chmod 700 ${home}` };
}

function checkSpace({ config }: CommandContext): Finding {
  const place = existsSync(config.home) ? config.home : path.dirname(config.home);
  const { bavail, bsize } = statfsSync(existsSync(place) ? place : "/");
  const free = bavail * bsize;
  const message = `${(free / 1024 ** 3).toFixed(1)} GiB free`;
  return free >= FREE_BYTES_MIN
    ? { name: "disk", verdict: "ok", message }
    : {
        name: "disk",
        verdict: "fail",
        message,
        remedy: "Make room: a full disk stops the intake and weakens a stop's record.",
      };
}

async function checkServer({ client, config }: CommandContext): Promise<Finding> {
  const server = await client.find();
  return server === null
    ? {
        name: "server",
        verdict: "warn",
        message: `none answers for ${config.home}`,
        remedy: "Start it with: firebreak up",
      }
    : { name: "server", verdict: "ok", message: `answers at ${server.url}` };
}

function checkJournal({ config, clock, newId, logger }: CommandContext): Finding {
  const killswitch = openKillswitch({ home: config.home, clock, newId, logger });
  try {
    const { health, holds } = killswitch.current();
    return health.state === "ok"
      ? { name: "kill switch", verdict: "ok", message: `journal readable, ${holds.length} hold(s) in force` }
      : { name: "kill switch", verdict: "fail", message: health.problem, remedy: health.remedy };
  } finally {
    killswitch.close();
  }
}

async function checkProfile({ config }: CommandContext): Promise<Finding> {
  const loaded = await loadProfile({
    home: config.home,
    profilesDir: path.join(dataDir(), "profiles"),
    name: config.profileName,
  });
  const [problem] = loaded.problems;
  if (problem === undefined) return { name: "profile", verdict: "ok", message: loaded.profile?.title ?? "" };
  return {
    name: "profile",
    verdict: loaded.profile === undefined ? "fail" : "warn",
    message: formatFileProblem(problem),
  };
}

async function checkRules({ config }: CommandContext): Promise<Finding> {
  const { loadRules } = await import("../../detection/index.ts");
  const places = [path.join(dataDir(), "rules"), path.join(config.home, "rules")];
  const loaded = await loadRules(places, { placeholders: await profilePlaceholders(config) });
  const { rules, errors } = loaded.ruleset;
  const [error] = errors;
  return error === undefined
    ? { name: "rules", verdict: "ok", message: `${rules.length} rules compile` }
    : { name: "rules", verdict: "warn", message: formatFileProblem(error) };
}

function checkTreeControl({ newId }: CommandContext): Finding {
  const control = checkCgroups(`doctor-${newId("session")}`);
  return control.available
    ? { name: "process control", verdict: "ok", message: control.message }
    : {
        name: "process control",
        verdict: "warn",
        message: control.message,
        remedy: "Stops work without it; a cgroup makes them quicker and escape-proof.",
      };
}

function checkConsole(): Finding {
  return consoleDir() === undefined
    ? { name: "console", verdict: "warn", message: "is not built", remedy: "Build it with: npm run build" }
    : { name: "console", verdict: "ok", message: "is built" };
}

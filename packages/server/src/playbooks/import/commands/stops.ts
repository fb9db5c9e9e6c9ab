import path from "node:path";
import type { MapCommand, Mapping } from "./mapping.ts";
import { given, numberOr, readOptions } from "./mapping.ts";
import { containerService } from "./services.ts";

const AGENT = "__agent__";

const docker: MapCommand = (use) => {
  const { command } = use;
  const [verb = "", ...words] = readOptions(command.args, ["-t", "--time", "-s", "--signal"]).rest;
  if (verb === "network" && words[0] === "disconnect" && words[2] !== undefined) {
    const note = "takes the container out of all its networks";
    return [{ effector: "docker.disconnect", with: { container: words[2] }, note }];
  }
  const [container] = words;
  if (container === undefined || words.length > 1) return [];
  const stops = ["stop", "kill", "pause"];
  if (stops.includes(verb)) return [{ effector: `docker.${verb}`, with: { container } }];
  if (verb === "commit" || verb === "export") return [{ effector: "docker.snapshot", with: { container } }];
  return containerService(use);
};

/** How long a block that a runbook leaves open lasts: it ends by itself, and can be renewed. */
const BLOCK_FOR = "24h";
const BLOCK_NOTE = `blocked for ${BLOCK_FOR}, then unblocked by itself: change \`for\` if that is wrong`;

function block(address: string | undefined, direction?: "in" | "out"): readonly Mapping[] {
  if (address === undefined || address === "" || address === "any") return [];
  return [{ effector: "firewall.block", with: given({ address, direction, for: BLOCK_FOR }), note: BLOCK_NOTE }];
}

const iptables: MapCommand = ({ command }) => {
  const { values, rest } = readOptions(command.args, [
    "-I",
    "-A",
    "-s",
    "-d",
    "-j",
    "-p",
    "--dport",
    "--sport",
    "-i",
    "-o",
  ]);
  const chain = values.get("-I") ?? values.get("-A");
  const target = values.get("-j")?.toUpperCase();
  const isNarrow = ["-p", "--dport", "--sport", "-i", "-o"].some((name) => values.has(name));
  if (chain === undefined || (target !== "DROP" && target !== "REJECT") || isNarrow || rest.length > 1) return [];
  const from = values.get("-s");
  return from === undefined ? block(values.get("-d"), "out") : block(from, "in");
};

const ufw: MapCommand = ({ command }) => {
  const words = command.args.filter((word) => word !== "insert" && !/^\d+$/.test(word));
  if (words[0] !== "deny" && words[0] !== "reject") return [];
  const from = words.indexOf("from");
  const to = words.indexOf("to");
  if (words.includes("port")) return [];
  return from > 0 ? block(words[from + 1], "in") : block(to > 0 ? words[to + 1] : undefined, "out");
};

const kill: MapCommand = ({ command, reason }) => {
  const pids = command.args.filter((word) => !word.startsWith("-"));
  const [pid] = pids;
  if (pid === undefined || pids.length > 1 || pid.startsWith("$")) return [];
  const startedAt = "__input_pidStartedAt__";
  const note = "a process id is used again by the system: when it started is asked for too, and must fit";
  return [{ effector: "process.end", with: { pid: numberOr(pid), startedAt, reason }, note }];
};

const byName: MapCommand = ({ command, reason }) => {
  const name = readOptions(command.args, ["-u", "-U", "-t", "-s"]).rest[0] ?? "";
  if (name === "") return [];
  const note = `in place of every process whose command line holds "${name}": the whole tree of one agent, with proof`;
  return [{ effector: "agent.kill", with: { agentId: AGENT, reason }, note }];
};

const TEMPORARY = /^(\/tmp|\/var\/tmp)\//;

const remove: MapCommand = ({ command, reason }) => {
  const targets = command.args.filter((word) => !word.startsWith("-"));
  const [target] = targets;
  if (target === undefined || targets.length > 1) return [];
  const [folder, name] = [path.dirname(target), path.basename(target)];
  if (/[*?[]/.test(folder)) return [];
  const patterned = /[*?[]/.test(name);
  if (patterned && TEMPORARY.test(target)) {
    const note = "what is older than a day, moved to a trash folder that undo brings back";
    return [{ effector: "disk.clean", with: { folder, olderThanDays: 1, patterns: [name] }, note }];
  }
  if (patterned || name === "") return [];
  const note = "moved aside with its hash, and undo brings it back, in place of deleted for good";
  return [{ effector: "file.quarantine", with: { path: target, reason }, note }];
};

const find: MapCommand = ({ command }) => {
  const { values, rest, flags } = readOptions(command.args, [
    "-type",
    "-mtime",
    "-name",
    "-iname",
    "-size",
    "-maxdepth",
  ]);
  const days = /^\+?(\d{1,5})$/.exec(values.get("-mtime") ?? "")?.[1];
  const [folder] = rest;
  if (!flags.has("-delete") || days === undefined || folder === undefined || rest.length > 1) return [];
  const name = values.get("-name") ?? values.get("-iname");
  const note = "moved to a trash folder that undo brings back; `purge: true` deletes for good";
  const parameters = { folder, olderThanDays: Number(days), patterns: name === undefined ? undefined : [name] };
  return [{ effector: "disk.clean", with: given(parameters), note }];
};

const move: MapCommand = ({ command, reason }) => {
  const [from = "", to = ""] = readOptions(command.args).rest;
  if (!/quarantin|incident|evidence/i.test(to) || /[*?[]/.test(from) || from === "") return [];
  const skill = /\/skills\/([^/]+)\/?$/.exec(from)?.[1];
  const file = { effector: "file.quarantine", with: { path: from.replace(/\/$/, ""), reason } };
  return skill === undefined ? [file] : [{ effector: "skill.quarantine", with: { skill } }, file];
};

const EVIDENCE_PLACE = /evidence|forensic|(?:^|[/~])incidents?(?:-\d|-logs|-__|\/INC|$)/i;

/** Copies and archives that keep evidence are one collection with hashes and custody. */
export const keepEvidence: MapCommand = ({ command, isEvidence, reason }) => {
  const copies = ["cp", "tar", "rsync", "zip", "mkdir", "sha256sum", "scp", "dd", "gcore"].includes(
    path.basename(command.program),
  );
  const isFolder = command.program === "mkdir";
  const target = !isFolder && [...command.args, command.output ?? ""].some((word) => EVIDENCE_PLACE.test(word));
  if (!copies && command.output === null) return [];
  if (!isEvidence && !target) return [];
  return [{ effector: "evidence.collect", with: { agentId: AGENT, reason } }];
};

const rsync: MapCommand = ({ command }) => {
  const [from = "", to = ""] = readOptions(command.args, ["-e", "--exclude"]).rest;
  if (!/backup/i.test(from) || to === "" || /[*?[]/.test(`${from}${to}`)) return [];
  return [{ effector: "backup.restore", with: { kind: "folder", from, to, mode: "production" } }];
};

const keychain: MapCommand = ({ command }) => {
  const { values, rest } = readOptions(command.args, ["-a", "-s", "-w"]);
  const name = values.get("-s");
  if (rest[0] !== "add-generic-password" || name === undefined) return [];
  const note = `credential ${name}: the profile must describe it under effectors.credentials`;
  return [{ effector: "credential.rotate", with: { name }, note }];
};

/** `firebreak act EFFECTOR key=value …`, as playbooks are written out in Markdown. */
const firebreak: MapCommand = ({ command }) => {
  const [verb, effector, ...words] = readOptions(command.args, ["--reason", "--for", "--incident", "--key"]).rest;
  if (verb !== "act" || effector === undefined) return [];
  const parameters: Record<string, unknown> = {};
  for (const word of words) {
    const found = /^([a-zA-Z]\w*)(:?=)([\s\S]*)$/.exec(word);
    if (!found?.[1]) return [];
    const value: unknown = found[2] === ":=" ? jsonOr(found[3] ?? "") : found[3];
    const before = parameters[found[1]];
    parameters[found[1]] = before === undefined ? value : [before, value].flat();
  }
  return [{ effector, with: parameters }];
};

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export const stopCommands: Readonly<Record<string, MapCommand>> = {
  docker,
  podman: docker,
  iptables,
  ip6tables: iptables,
  ufw,
  kill,
  pkill: byName,
  killall: byName,
  rm: remove,
  find,
  mv: move,
  rsync,
  security: keychain,
  firebreak,
};

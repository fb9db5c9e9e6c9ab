// A launchctl that keeps the state of its jobs in a file and takes exactly what launchctl(1) documents for the commands that
// Firebreak uses. STATE: { log: [[...]], failAt: number | null, failFrom: number | null, jobs: { TARGET: { loaded, disabled, plist } } }
import { readFileSync, writeFileSync } from "node:fs";

const [stateFile, verb, ...words] = process.argv.slice(2);
const state = JSON.parse(readFileSync(stateFile, "utf8"));

function end(code, text = "") {
  writeFileSync(stateFile, JSON.stringify(state));
  (code === 0 ? process.stdout : process.stderr).write(text);
  process.exit(code);
}

const labelOf = (target) => target.slice(target.lastIndexOf("/") + 1);
const domainOf = (target) => target.slice(0, target.lastIndexOf("/"));

if (verb === "version" && words.length === 0) end(0, "Darwin Bootstrapper Version 7.0.0\n");
if (verb === "print-disabled" && words.length === 1) {
  const own = Object.entries(state.jobs).filter(([target]) => domainOf(target) === words[0]);
  const lines = own.map(
    ([target, { disabled }]) => `\t\t"${labelOf(target)}" => ${disabled ? "disabled" : "enabled"}\n`,
  );
  end(0, `\n\tdisabled services = {\n${lines.join("")}\t}\n`);
}
const [first, second] = words;
if (verb === "print" && words.length === 1) {
  const job = state.jobs[first];
  if (!job?.loaded) end(113, `Could not find service "${labelOf(first)}" in domain for ${domainOf(first)}\n`);
  end(0, `${first} = {\n\tactive count = 1\n\tpath = ${job.plist}\n\ttype = LaunchAgent\n\tstate = running\n}\n`);
}
const at = state.log.push([verb, ...words]) - 1;
if (at === state.failAt || (state.failFrom !== null && at >= state.failFrom)) end(5, "Input/output error\n");
if (verb === "bootstrap" && words.length === 2) {
  const found = Object.entries(state.jobs).find(
    ([target, { plist }]) => domainOf(target) === first && plist === second,
  );
  if (found === undefined || found[1].disabled) end(5, `Bootstrap failed: 5: Input/output error\n`);
  found[1].loaded = true;
  end(0);
}
const job = state.jobs[first];
if (words.length !== 1 || job === undefined)
  end(64, `Unrecognized target specifier, usage: launchctl ${verb} <service-target>\n`);
switch (verb) {
  case "disable":
    job.disabled = true;
    end(0);
    break;
  case "enable":
    job.disabled = false;
    end(0);
    break;
  case "bootout":
    if (!job.loaded) end(3, "Boot-out failed: 3: No such process\n");
    job.loaded = false;
    end(0);
    break;
  default:
    end(64, `Unrecognized subcommand: ${verb}\n`);
}

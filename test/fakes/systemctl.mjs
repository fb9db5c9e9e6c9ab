// A systemctl that keeps the state of its units in a file and takes exactly what systemctl(1) of systemd 252 documents for
// the commands that Firebreak uses. STATE: { log: [[...]], fail: number[] | null, from: number | null, units: { NAME: { active, masked } } }
import { readFileSync, writeFileSync } from "node:fs";

const [stateFile, ...words] = process.argv.slice(2);
const state = JSON.parse(readFileSync(stateFile, "utf8"));

function end(code, text = "") {
  writeFileSync(stateFile, JSON.stringify(state));
  (code === 0 ? process.stdout : process.stderr).write(text);
  process.exit(code);
}

const GLOBAL = new Set(["--user", "--no-pager", "--no-ask-password"]);
while (GLOBAL.has(words[0])) words.shift();
const [verb, ...rest] = words;
const separator = rest.indexOf("--");
const options = separator === -1 ? rest : rest.slice(0, separator);
const names = separator === -1 ? [] : rest.slice(separator + 1);

if (verb === "show" && names.length === 0) {
  if (options.join() !== "--property=Version") end(1, `Unknown command line: ${words.join(" ")}\n`);
  end(0, "Version=252 (252.36-1~deb12u1)\n");
}
if (names.length !== 1) end(1, `Too many or too few arguments: ${words.join(" ")}\n`);
const [name] = names;
const unit = state.units[name];

function show() {
  const wanted = /^--property=([A-Za-z,]+)$/.exec(options.join(" "))?.[1];
  if (wanted === undefined) end(1, `Unknown option: ${options.join(" ")}\n`);
  const values = {
    LoadState: unit === undefined ? "not-found" : unit.masked ? "masked" : "loaded",
    ActiveState: unit?.active ? "active" : "inactive",
    UnitFileState: unit === undefined ? "" : unit.masked ? "masked-runtime" : "enabled",
    SubState: unit?.active ? "running" : "dead",
    ActiveEnterTimestamp: unit?.active ? "Fri 2026-11-27 10:00:00 UTC" : "",
    NRestarts: String(unit?.restarts ?? 0),
  };
  end(
    0,
    wanted
      .split(",")
      .map((key) => `${key}=${values[key] ?? ""}\n`)
      .join(""),
  );
}

if (verb === "show") show();
const at = state.log.push([verb, ...options, name]) - 1;
if (at === state.failAt || (state.failFrom !== null && at >= state.failFrom)) end(1, "Failed: broken by the test\n");
if (unit === undefined) end(5, `Unit ${name} not found.\n`);
switch (`${verb} ${options.join(" ")}`.trim()) {
  case "mask --runtime":
    unit.masked = true;
    end(0);
    break;
  case "unmask --runtime":
    unit.masked = false;
    end(0);
    break;
  case "stop":
    unit.active = false;
    end(0);
    break;
  case "start":
    if (unit.masked) end(1, `Failed to start ${name}: Unit ${name} is masked.\n`);
    unit.active = true;
    end(0);
    break;
  case "restart":
    if (unit.masked) end(1, `Failed to restart ${name}: Unit ${name} is masked.\n`);
    unit.active = true;
    end(0);
    break;
  default:
    end(1, `Unknown command line: ${words.join(" ")}\n`);
}

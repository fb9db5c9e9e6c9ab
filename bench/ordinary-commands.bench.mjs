import { existsSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { loadRules, presentEvent } from "../packages/server/dist/detection/index.js";
import { loadProfile } from "../packages/server/dist/kernel/index.js";

const ROOT = path.resolve(import.meta.dirname, "..");
const HIGH_UP = new Set(["high", "critical"]);
const APART_MS = 86_400_000;

/**
 * What the shipped rules say to commands of an ordinary day, in percent: the project's own list, and the examples of
 * tldr-pages when INJECTION_CORPORA holds a checkout of it (folder tldr).
 */
export async function run() {
  const { profile } = await loadProfile({
    home: path.join(ROOT, "no-home"),
    profilesDir: path.join(ROOT, "profiles"),
    name: "ai-empire",
  });
  const { ruleset, errors } = await loadRules([path.join(ROOT, "rules")], { placeholders: profile.placeholders });
  if (errors.length > 0) throw new Error(errors[0].message);
  const own = readFileSync(path.join(import.meta.dirname, "data/ordinary-commands.txt"), "utf8");
  const lists = [["the project's list", own.split("\n").filter((line) => line !== "" && !line.startsWith("#"))]];
  const tldr = path.join(process.env.INJECTION_CORPORA ?? "", "tldr/pages");
  if (existsSync(tldr)) {
    const all = readTldr(tldr);
    lists.push(["examples of tldr-pages without those by sudo", all.filter((command) => !command.startsWith("sudo "))]);
  }
  return lists.map(([name, commands]) => measure(ruleset, name, commands));
}

/** Each example stands in backticks; of `{{[-s|--short]}}` the first form is taken, of `{{text}}` the text. */
function readTldr(directory) {
  const commands = ["common", "linux"].flatMap((folder) =>
    readdirSync(path.join(directory, folder)).flatMap((file) =>
      [...readFileSync(path.join(directory, folder, file), "utf8").matchAll(/^`(.+)`$/gm)].map(([, command]) =>
        command.replaceAll(/\{\{\[([^|\]]*)\|[^\]]*\]\}\}/g, "$1").replaceAll(/\{\{([^}]*)\}\}/g, "$1"),
      ),
    ),
  );
  return [...new Set(commands)];
}

function measure(ruleset, name, commands) {
  const engine = ruleset.createEngine();
  const counts = new Map();
  let noticed = 0;
  let grave = 0;
  for (const [index, command] of commands.entries()) {
    // an agent and a day for each, so that no rate adds up
    const agent = { id: `a-${index}` };
    const event = {
      seq: index,
      id: "e",
      time: "",
      receivedTime: "",
      source: "bench",
      agent,
      kind: "command",
      outcome: "success",
      data: { command },
    };
    const matches = engine.evaluate(presentEvent(event), { id: "e", time: index * APART_MS });
    if (matches.length > 0) noticed += 1;
    if (matches.some(({ level }) => HIGH_UP.has(level))) grave += 1;
    for (const { title } of matches) counts.set(title, (counts.get(title) ?? 0) + 1);
  }
  const most = [...counts]
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, 5)
    .map(([title, times]) => `${title} ${times}`);
  const percent = (number) => Math.round((10_000 * number) / commands.length) / 100;
  const note = `${commands.length} commands; high or critical ${percent(grave)} %${most.length > 0 ? `; most often: ${most.join(", ")}` : ""}`;
  return { what: `commands noticed: ${name}`, unit: "%", values: [percent(noticed)], note };
}

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { compile, type RuleSource } from "./index.ts";

/** Material that lies beside the project on the machines that have it; lanes are tested only there. */
const dataDir = fileURLToPath(new URL("../../../../shared/data", import.meta.url));

function loadRules(folder: string): RuleSource[] {
  const root = join(dataDir, folder);
  const names = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".yml"));
  return names.map((name) => ({ name, text: readFileSync(join(root, name), "utf8") }));
}

const readLines = (name: string): string[] =>
  gunzipSync(readFileSync(join(dataDir, "lanes", name)))
    .toString()
    .split("\n");

/** Only what is named here may be missing from the language. */
const KNOWN_GAPS = /^(the modifier (windash|base64offset|fieldref) is|cidr for IPv6 is) not supported yet$/;

const LANES = ["structured_windows", "sysmon_file_event", "mixed_schema"];
const present = existsSync(dataDir);
const publicRules = compile(present ? loadRules("sigmahq/rules") : []);
const agentRules = compile(present ? loadRules("agent-rules") : []);
const loaded = new Set(publicRules.rules.map((rule) => rule.id));

/** Every seventh line of a lane: what this engine finds, and what two other engines agree on. */
function compareLane(lane: string) {
  const engine = publicRules.createEngine({ logsourceRouting: false });
  const expected = readLines(`${lane}.expected.txt.gz`);
  const lines = readLines(`${lane}.ndjson.gz`).map((line, index) => ({ line, index }));
  const sample = lines.filter(({ line, index }) => line !== "" && index % 7 === 0);
  return sample.map(({ line, index }) => {
    const presentations = [{ logsource: {}, fields: JSON.parse(line) }];
    const found = engine.evaluate({ presentations }, { time: 0, id: String(index) }).map((match) => match.ruleId);
    const wanted = (expected[index] ?? "").split(",").filter((id) => loaded.has(id));
    return { line: index + 1, found: found.sort(), wanted };
  });
}

describe("public rules", () => {
  it("load, except for modifiers that are refused by name", () => {
    expect(publicRules.errors.filter(({ message }) => !KNOWN_GAPS.test(message))).toEqual([]);
    expect(loaded.size).toBeGreaterThanOrEqual(present ? 3024 : 0);
  });

  it("for agents load without exception", () => {
    expect(agentRules.errors).toEqual([]);
    expect(agentRules.rules.length).toBeGreaterThanOrEqual(present ? 64 : 0);
  });

  it.each(present ? LANES : [])("find on the lane %s what two other engines find", (lane) => {
    const compared = compareLane(lane);
    expect(compared.length).toBeGreaterThan(1000);
    for (const { line, found, wanted } of compared) expect({ line, found }).toEqual({ line, found: wanted });
  });
});

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { compile, type RuleSource } from "./index.ts";

/** Material that lies beside the project on the machines that have it; these tests exist only there. */
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

if (existsSync(dataDir)) {
  describe("public rules", () => {
    const public3132 = compile(loadRules("sigmahq/rules"));
    const loaded = new Set(public3132.rules.map((rule) => rule.id));

    it("load, except for modifiers that are refused by name", () => {
      expect(public3132.errors.filter(({ message }) => !KNOWN_GAPS.test(message))).toEqual([]);
      expect(loaded.size).toBeGreaterThanOrEqual(3024);
    });

    it("of agents load without exception", () => {
      expect(compile(loadRules("agent-rules")).errors).toEqual([]);
    });

    it.each(["structured_windows", "sysmon_file_event", "mixed_schema"])(
      "find on the lane %s what two other engines find",
      (lane) => {
        const engine = public3132.createEngine({ logsourceRouting: false });
        const expected = readLines(`${lane}.expected.txt.gz`);
        const events = readLines(`${lane}.ndjson.gz`).filter((line) => line !== "");
        let checked = 0;
        for (const [index, line] of events.entries()) {
          if (index % 7 !== 0) continue;
          const presentations = [{ logsource: {}, fields: JSON.parse(line) }];
          const found = engine.evaluate({ presentations }, { time: 0, id: String(index) }).map((match) => match.ruleId);
          const wanted = (expected[index] ?? "").split(",").filter((id) => loaded.has(id));
          expect(found.sort(), `${lane} line ${index + 1}`).toEqual(wanted);
          checked += 1;
        }
        expect(checked).toBeGreaterThan(1000);
      },
    );
  });
} else {
  describe("public rules", () => {
    it("are not on this machine", () => {
      expect(existsSync(dataDir)).toBe(false);
    });
  });
}

import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { checkLink } from "./hash-chain.ts";

/** Lines made by the writer itself, and by the verifier's own algorithm in Python. */
const WRITER = [
  '{"type":"agent.start","sessionKey":"agent:main:main","agentId":"main","promptLength":42,"seq":1,"ts":1760000000000,"prevHash":"0000000000000000000000000000000000000000000000000000000000000000","hash":"9baeb6df45e307ca25b3d50782ec7212dfb3adfea267fa2ff096a3b6774e617d"}',
  '{"type":"tool.start","toolName":"exec","params":{"command":"ls"},"sessionKey":"agent:main:main","agentId":"main","seq":2,"ts":1760000000500,"prevHash":"9baeb6df45e307ca25b3d50782ec7212dfb3adfea267fa2ff096a3b6774e617d","hash":"e3ed87775789e273ebaaffd30583367ce41383b1e08219dd6b9f124ba053bbd1"}',
];
const PLAYBOOK = [
  '{"chain_hash": "bd48636b59659a82dc12cccf62adcb61bf3775ed075b91894234098ddadba701", "event_id": "e1", "event_type": "tool_executed", "prev_hash": null, "timestamp": "2026-02-14T10:00:00Z", "tool_name": "exec"}',
  '{"chain_hash": "df0e6687d4ac79392dc63c5073dba60eeaa353e5ba71f09cff4f6aeecac4d333", "event_id": "e2", "event_type": "tool_executed", "prev_hash": "bd48636b59659a82dc12cccf62adcb61bf3775ed075b91894234098ddadba701", "timestamp": "2026-02-14T10:00:01Z", "tool_name": "file_read"}',
];

function verdicts(lines: readonly string[]): (string | undefined)[] {
  let before: string | undefined;
  return lines.map((line) => {
    const link = checkLink({ record: JSON.parse(line), text: line }, before);
    before = link?.hash;
    return link?.verdict;
  });
}

/** A playbook line with any content, made as Python would; numbers are given as Python writes them. */
function chained(content: string): string {
  const hash = createHash("sha256").update(content).digest("hex");
  return `{"chain_hash": "${hash}", ${content.slice(1)}`;
}

describe.each([
  [
    "openclaw-telemetry",
    WRITER,
    (line: string) => line.replace('"command":"ls"', '"command":"rm"').replace(":42", ":43"),
  ],
  ["openclaw-playbook", PLAYBOOK, (line: string) => line.replace("10:00:0", "11:00:0")],
] as const)("D-3: the hash chain of %s", (_, lines, change) => {
  const [first = "", second = ""] = lines;
  it("is intact as it was written, also from its middle on", () => {
    expect(verdicts(lines)).toEqual(["intact", "intact"]);
    expect(verdicts([second])).toEqual(["intact"]);
  });

  it("shows a changed line, a removed, a repeated and one that was put in without a hash", () => {
    expect(verdicts([change(first), second])).toEqual(["broken", "intact"]);
    expect(verdicts([first, change(second)])).toEqual(["intact", "broken"]);
    expect(verdicts([first, second, second])).toEqual(["intact", "intact", "broken"]);
    const { prevHash: _prev, hash: _hash, chain_hash: _chain, ...bare } = JSON.parse(second);
    expect(verdicts([first, JSON.stringify(bare), second])).toEqual(["intact", "broken", "intact"]);
  });

  it("begins anew when its writer starts again, and says nothing of a log without hashes", () => {
    expect(verdicts([first, second, first])).toEqual(["intact", "intact", "intact"]);
    expect(verdicts(['{"type":"tool.start"}'])).toEqual([undefined]);
  });
});

describe("D-3: canonical JSON of Python", () => {
  it("escapes what is not ASCII, and sorts by code points", () => {
    const content = String.raw`{"a": [1, true, null, "\u00fc\ud83d\ude00\n\"/"], "prev_hash": null, "\uffff": 1, "\ud83d\ude00": 2}`;
    expect(verdicts([chained(content)])).toEqual(["intact"]);
  });

  it("never calls a line forged whose numbers it cannot read as they were written", () => {
    for (const number of ["1.0", "1e-07", "1e+16", "12345678901234567890", "-0.0"]) {
      expect(verdicts([chained(`{"n": ${number}, "prev_hash": null}`)])).toEqual(["unverifiable"]);
    }
    expect(verdicts([chained('{"n": 1.5, "prev_hash": null}')])).toEqual(["intact"]);
  });
});

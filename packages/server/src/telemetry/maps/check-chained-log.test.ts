import { createHash } from "node:crypto";
import { array, assert, asyncProperty, integer, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { checkChainedLog } from "./check-chained-log.ts";

const GENESIS = "0".repeat(64);
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/** As the telemetry plugin writes it: from what it documents, not by the code under test. */
function pluginLog(count: number): string[] {
  let prevHash = GENESIS;
  return Array.from({ length: count }, (_, seq) => {
    const event = {
      type: "tool.start",
      toolName: "exec",
      params: { command: `ls ${seq}` },
      seq,
      ts: 1_760_000_000_000 + seq,
    };
    const hash = sha256(`${prevHash}${JSON.stringify(event)}`);
    const line = JSON.stringify({ ...event, prevHash, hash });
    prevHash = hash;
    return line;
  });
}

async function* inChunks(text: string | Buffer, bytes: number): AsyncGenerator<Buffer> {
  const all = Buffer.from(text);
  for (let at = 0; at < all.length; at += bytes) yield all.subarray(at, at + bytes);
}
const check = (lines: readonly string[], bytes = 64 * 1024) => checkChainedLog(inChunks(lines.join("\n"), bytes));

describe("E-4: chained logs of others", () => {
  it("are intact as they were written, however they come", async () => {
    const lines = pluginLog(50);
    for (const bytes of [1, 7, 100_000]) {
      expect(await check(lines, bytes)).toMatchObject({ lines: { intact: 50, broken: 0 }, findings: [] });
    }
    const { hash } = JSON.parse(lines.at(-1) ?? "");
    expect((await check([...lines, ""])).head).toBe(hash);
  });

  it("show where a line was changed, removed, moved or put in", async () => {
    const lines = pluginLog(20);
    const changed = lines.map((line, at) => (at === 7 ? line.replace("ls 7", "rm 7") : line));
    expect((await check(changed)).findings).toMatchObject([{ line: 8, verdict: "broken" }]);
    const removed = lines.filter((_, at) => at !== 7);
    expect((await check(removed)).findings).toMatchObject([{ line: 8, verdict: "broken" }]);
    const moved = [...lines.slice(0, 7), lines[8] ?? "", lines[7] ?? "", ...lines.slice(9)];
    expect((await check(moved)).findings.map(({ line }) => line)).toEqual([8, 9, 10]);
    const { prevHash: _prev, hash: _hash, ...bare } = JSON.parse(lines[7] ?? "");
    const put = [...lines.slice(0, 7), JSON.stringify(bare), ...lines.slice(7)];
    expect((await check(put)).findings).toMatchObject([{ line: 8, reason: expect.stringContaining("no hash") }]);
  });

  it("are never called broken for what cannot be told, and unreadable lines are not passed over", async () => {
    const uncertain = `{"chain_hash": "${sha256("as Python wrote it")}", "n": 1.0, "prev_hash": null}`;
    expect(await check([uncertain])).toMatchObject({ lines: { unverifiable: 1, broken: 0 } });
    const lines = pluginLog(4);
    const spoiled = [lines[0] ?? "", "{no json", "[1]", "x".repeat(2 * 1024 * 1024), ...lines.slice(1)];
    expect(await check(spoiled)).toMatchObject({
      lines: { intact: 4, unreadable: 3 },
      findings: [{ line: 2 }, { line: 3 }, { line: 4, reason: expect.stringContaining("longer than") }],
    });
    expect(await check(['{"type":"tool.start"}'])).toMatchObject({ lines: { unchained: 1 }, head: null });
    expect(await check([])).toMatchObject({ lines: { intact: 0 }, head: null });
  });

  it("never fail on any bytes", async () => {
    await assert(
      asyncProperty(
        array(uint8Array({ maxLength: 200 }), { maxLength: 5 }),
        integer({ min: 1, max: 64 }),
        async (parts, bytes) => {
          const { lines } = await checkChainedLog(inChunks(Buffer.concat(parts), bytes));
          expect(lines.intact).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
  });
});

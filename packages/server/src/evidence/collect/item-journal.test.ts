import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { anything, array, assert, json, oneof, property, string, uint8Array } from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ensurePrivateDir } from "../../kernel/index.ts";
import { recordsDir } from "./collection-record.ts";
import { beginItemJournal, readItemJournal } from "./item-journal.ts";

const ID = "evd_01HZZZZZZZZZZZZZZZZZZZZZZZ";
const facts = { name: "workspace/\u001b[2J<b>\u2028", description: "a file", metadata: { why: null } };

let home: string;
let file: string;
beforeEach(() => {
  home = mkdtempSync(path.join(os.tmpdir(), "firebreak-journal-"));
  ensurePrivateDir(path.join(home, "evidence"));
  ensurePrivateDir(recordsDir(home));
  file = path.join(recordsDir(home), `${ID}.items.jsonl`);
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

describe("E-3: what is written down of a collection", () => {
  test("reads as it was written, up to the line that the process was killed in", () => {
    const journal = beginItemJournal(home, ID);
    journal.note({ kinds: [{ name: "workspace", description: "files" }] });
    journal.note({ incoming: "incoming-1", facts });
    journal.note({ run: { name: "workspace", items: 1 } });
    const whole = readFileSync(file, "utf8");
    for (let length = 0; length <= whole.length; length++) {
      writeFileSync(file, whole.slice(0, length));
      // somebody else goes on behind the torn line
      appendFileSync(file, `\n${JSON.stringify({ incoming: "incoming-2", facts })}\n`);
      expect(readItemJournal(home, ID).incoming.get("incoming-2")).toEqual(facts);
    }
    const read = readItemJournal(home, ID);
    expect(read.incoming.get("incoming-1")).toEqual(facts);
    expect(read).toMatchObject({ kinds: [{ name: "workspace" }], runs: [{ name: "workspace" }], items: [] });
  });

  test("is nothing at all when it is not there, and nothing in it is taken for what it is not", () => {
    expect(readItemJournal(home, ID)).toMatchObject({ record: null, items: [], kinds: [] });
    const lines = array(
      oneof(
        string(),
        json(),
        anything().map((one) => JSON.stringify({ item: one })),
      ),
    );
    assert(
      property(
        oneof(
          lines.map((all) => Buffer.from(all.join("\n"))),
          uint8Array().map((bytes) => Buffer.from(bytes)),
        ),
        (bytes) => {
          writeFileSync(file, bytes);
          const { record, items, incoming } = readItemJournal(home, ID);
          expect([record, items, incoming.size]).toEqual([null, [], 0]);
        },
      ),
      { numRuns: 200 },
    );
    writeFileSync(
      file,
      `${"[".repeat(500_000)}\n{"item":{"name":"../../x","file_path":"/etc/passwd"}}\n{"record":{}}\n`,
    );
    expect(readItemJournal(home, ID)).toMatchObject({ record: null, items: [] });
  });
});

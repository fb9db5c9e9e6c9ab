import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { packageDir } from "../kernel/index.ts";
import { explainSystemFault } from "./explain-system-fault.ts";

let place: string;
beforeAll(() => {
  place = mkdtempSync(path.join(os.tmpdir(), "firebreak-faults-"));
  writeFileSync(path.join(place, "file"), "");
  symlinkSync("loop", path.join(place, "loop"));
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

function faultOf(act: () => unknown): unknown {
  try {
    act();
  } catch (fault) {
    return fault;
  }
  throw new Error("it went well");
}

describe("O-3: what the system says of files is told as something to mend", () => {
  test.each([
    ["is not there", () => writeFileSync(path.join(place, "none/file"), "")],
    ["leads through a file", () => mkdirSync(path.join(place, "file/inside"))],
    ["is a directory", () => writeFileSync(place, "")],
    ["exists already", () => writeFileSync(path.join(place, "file"), "", { flag: "wx" })],
    ["too many links", () => readFileSync(path.join(place, "loop"))],
    ["too long a name", () => readFileSync(path.join(place, "n".repeat(300)))],
    ["the disk is full", () => writeFileSync("/dev/full", "something")],
  ])("%s", (what, act) => {
    const explained = explainSystemFault(faultOf(act));
    expect(explained?.message).toContain(what);
    expect(explained?.remedy).not.toBe("");
  });

  test("what is not the system's, and what Firebreak consists of, stays a fault", () => {
    expect(explainSystemFault(new TypeError("x is not a function"))).toBeNull();
    expect(explainSystemFault(faultOf(() => readFileSync(path.join(packageDir(), "dist/none.js"))))).toBeNull();
    expect(explainSystemFault(Object.assign(new Error("no"), { code: "ENOENT" }))).toBeNull();
  });
});

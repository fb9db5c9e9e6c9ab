import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { array, assert, asyncProperty, constantFrom, integer, property, string } from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createManualClock } from "../../../kernel/index.ts";
import { describeProbeContract, effectorContextFor, effectorOf } from "../testing.ts";
import { toBytePattern } from "./byte-pattern.ts";
import { readLineTime } from "./line-time.ts";
import { searchFile } from "./search-file.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "fb-log-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const NOW = Date.parse("2026-03-01T12:00:00Z");
const minutesAgo = (minutes: number) => new Date(NOW - minutes * 60_000).toISOString();
const search = (parameters: Readonly<Record<string, unknown>>, home = join(dir, "home")) =>
  effectorOf("log.search", {}).apply(effectorContextFor(home, { clock: createManualClock(NOW) }), parameters);

function write(text: string, name = "app.log"): string {
  const path = join(dir, name);
  writeFileSync(path, text);
  return path;
}

describeProbeContract("log.search", async (home) => {
  const path = `${home}-app.log`;
  writeFileSync(path, "one error\n");
  return {
    settings: {},
    parameters: { path, contains: "error" },
    look: async () => null,
    close: async () => rmSync(path),
  };
});

describe("log.search", () => {
  test("C-3: counts lines, not hits, and shows the newest, oldest first", async () => {
    const path = write("error error\nfine\nan error\nlast error without an end");
    expect(await search({ path, contains: "error", max: 2 })).toMatchObject({
      ok: true,
      output: { count: 3, lines: ["an error", "last error without an end"] },
    });
    expect(await search({ path, contains: "absent" })).toMatchObject({ ok: true, output: { count: 0, lines: [] } });
  });

  test("C-3: finds upper and lower case alike, in every alphabet, unless they are to be told apart", async () => {
    const path = write("ERROR\nan Error\nerror\nÉCHEC\néchec\n");
    expect(await search({ path, contains: "error" })).toMatchObject({ output: { count: 3 } });
    expect(await search({ path, contains: "Échec" })).toMatchObject({ output: { count: 2 } });
    expect(await search({ path, contains: "error", exactCase: true })).toMatchObject({ output: { lines: ["error"] } });
    expect(await search({ path, contains: "É", exactCase: true })).toMatchObject({ output: { lines: ["ÉCHEC"] } });
    // half of a character of UTF-8 is none
    expect(await search({ path, contains: "Ã" })).toMatchObject({ output: { count: 0 } });
  });

  test("C-3: counts a line once that holds one of several texts or more, as they stand", async () => {
    const path = write("out of memory, corrupt\nOut of memory\na.b\naxb\nCORRUPT\n");
    expect(await search({ path, contains: ["corrupt", "out of memory"] })).toMatchObject({
      output: { count: 3, lines: ["out of memory, corrupt", "Out of memory", "CORRUPT"] },
    });
    expect(await search({ path, contains: ["a.b", "(x|"] })).toMatchObject({ output: { lines: ["a.b"] } });
    const long = ["x".repeat(300), "y".repeat(300)];
    await expect(search({ path, contains: long })).rejects.toThrow("500 characters at most");
  });

  test("C-3: counts the lines of the last minutes; what follows a line without a time has its time", async () => {
    const path = write(
      `${minutesAgo(90)} error old\n  at error (old.js)\n${minutesAgo(5)} error new\n  at error (new.js)\n`,
    );
    expect(await search({ path, contains: "error", sinceMinutes: 60 })).toMatchObject({
      output: { count: 2, undated: 0, lines: [expect.stringContaining("error new"), "  at error (new.js)"] },
    });
  });

  test("C-3: counts lines whose time nobody knows, and says how many", async () => {
    const path = write("error one\nerror two\n");
    expect(await search({ path, contains: "error", sinceMinutes: 5 })).toMatchObject({
      output: { count: 2, undated: 2 },
    });
  });

  test("C-3: shows no secret, no control character, and no more than a part of a long line", async () => {
    const secret = `ghp_${"a1B2c3D4e5F6".repeat(3)}`;
    const path = write(`${"x".repeat(900)} error \u001b[31m token ${secret} ${"y".repeat(9000)}\n`);
    const { output } = await search({ path, contains: "error" });
    const text = JSON.stringify(output);
    expect(text).not.toContain(secret.slice(0, 20));
    expect(text).not.toContain("\\u001b");
    expect(text.length).toBeLessThan(1200);
  });

  test("C-3: looks through a line of megabytes without keeping it", async () => {
    const path = write(`${"x".repeat(3_000_000)}needle${"x".repeat(3_000_000)}\nneedle\n`);
    expect(await search({ path, contains: "needle" })).toMatchObject({ output: { count: 2 } });
    expect(await search({ path: write(`${"x".repeat(200_000)}!`), contains: "!" })).toMatchObject({
      output: { count: 1 },
    });
  });

  test("C-3: of gigabytes it reads with `sinceMinutes` what is of that time, and little else", async () => {
    const path = write("");
    truncateSync(path, 0);
    const line = (minutes: number) => `${minutesAgo(minutes)} error ${"x".repeat(1000)}\n`;
    for (let minute = 20_000; minute > 0; minute--) appendFileSync(path, line(minute));
    const handle = await open(path);
    let bytesRead = 0;
    const counting: Pick<typeof handle, "read"> = {
      read: async (buffer: Uint8Array, offset: number, length: number, position: number) => {
        const read = await handle.read(buffer, offset, length, position);
        bytesRead += read.bytesRead;
        return read;
      },
    } as Pick<typeof handle, "read">;
    const { size } = await handle.stat();
    const sought = toBytePattern(["error"], false);
    const facts = { bytes: size, sought, nowMs: NOW, linesMax: 50, signal: new AbortController().signal };
    const finding = await searchFile({ ...facts, handle: counting, sinceMs: NOW - 15 * 60_000 });
    await handle.close();
    expect(finding.count).toBe(15);
    expect(bytesRead).toBeLessThan(size / 5);
  });

  test("C-3: finds what a plain search of the lines finds, wherever parts end", async () => {
    const piece = constantFrom("a", "b", "\n", "needle", "need", "LE", "le", "é", "É", "x".repeat(70_000));
    await assert(
      asyncProperty(array(piece, { maxLength: 40 }), integer({ min: 1, max: 3 }), async (pieces, copies) => {
        const text = pieces.join("").repeat(copies);
        const path = write(text);
        const lines = text.split("\n");
        const expected = lines.filter((line) => line.includes("needle")).length;
        expect(await search({ path, contains: "needle", exactCase: true })).toMatchObject({
          output: { count: expected },
        });
        const either = lines.filter((line) => /needle|é/i.test(line)).length;
        expect(await search({ path, contains: ["Needle", "É"] })).toMatchObject({ output: { count: either } });
      }),
      { numRuns: 40 },
    );
  });

  test("C-3: does not read what holds secrets or is no plain file, also not through links", async () => {
    const home = join(dir, "home");
    mkdirSync(join(home, "secrets"), { recursive: true });
    mkdirSync(join(home, "sessions/s1"), { recursive: true });
    writeFileSync(join(home, "secrets/key"), "needle");
    writeFileSync(join(home, "sessions/s1/output.log"), "needle\n");
    symlinkSync(join(home, "secrets/key"), join(dir, "link.log"));
    symlinkSync("/proc/self/environ", join(dir, "environ.log"));
    writeFileSync(join(dir, ".env"), "needle");
    execFileSync("/usr/bin/mkfifo", [join(dir, "pipe.log")]);
    const reasonOf = async (path: string) => {
      const outcome = await search({ path, contains: "needle" }, home);
      return outcome.ok ? "read" : outcome.reason;
    };
    expect(await reasonOf(join(home, "secrets/key"))).toBe("denied");
    expect(await reasonOf(join(dir, "link.log"))).toBe("denied");
    expect(await reasonOf(join(dir, "environ.log"))).toBe("denied");
    expect(await reasonOf(join(dir, ".env"))).toBe("denied");
    expect(await reasonOf("/etc/shadow")).toMatch(/denied|unavailable/);
    expect(await reasonOf(join(dir, "pipe.log"))).toBe("conflict");
    expect(await reasonOf(dir)).toBe("conflict");
    expect(await reasonOf(join(dir, "missing.log"))).toBe("not_found");
    expect(await reasonOf(join(home, "sessions/s1/output.log"))).toBe("read");
  });
});

describe("the time of a line", () => {
  test.each([
    ["2026-03-01T11:55:00Z error", "2026-03-01T11:55:00Z"],
    ["2026-03-01 11:55:00,123+0000 error", "2026-03-01T11:55:00.123Z"],
    ['{"level":"error","time":"2026-03-01T12:55:00.5+01:00"}', "2026-03-01T11:55:00.500Z"],
    ['{"time":1772366100000,"msg":"x"}', "2026-03-01T11:55:00Z"],
    ['{"ts":1772366100.25,"msg":"x"}', "2026-03-01T11:55:00.250Z"],
    ['10.0.0.1 - - [01/Mar/2026:11:55:00 +0000] "GET /"', "2026-03-01T11:55:00Z"],
  ])("C-3: is read from %s", (line, expected) => {
    expect(readLineTime(line, NOW)).toBe(Date.parse(expected));
  });

  test("C-3: is local where the line names no zone or year, and of the year before in January", () => {
    expect(readLineTime("Mar  1 11:55:00 host sshd[1]: x", NOW)).toBe(new Date(2026, 2, 1, 11, 55).getTime());
    expect(readLineTime("Dec 31 23:55:00 host sshd[1]: x", NOW)).toBe(new Date(2025, 11, 31, 23, 55).getTime());
    expect(readLineTime("812:M 01 Mar 2026 11:55:00.123 # x", NOW)).toBe(
      new Date(2026, 2, 1, 11, 55, 0, 123).getTime(),
    );
  });

  test("C-3: of anything at all is a time or nothing, and never throws", () => {
    assert(
      property(string({ maxLength: 200 }), (line) => {
        const time = readLineTime(line, NOW);
        expect(time === null || Number.isFinite(time)).toBe(true);
      }),
    );
    expect(readLineTime("", NOW)).toBeNull();
    expect(readLineTime("Foo 99 99:99:99 x", NOW)).toBeNull();
  });
});

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startFirebreak } from "./firebreak.ts";

let place: string;
beforeAll(() => {
  place = mkdtempSync(path.join(os.tmpdir(), "fbk-import-"));
  writeFileSync(path.join(place, "runbook.md"), RUNBOOK);
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

const RUNBOOK = `# Night desk

## Incident #1: The courier stands still

### Immediate actions (5 minutes)

1. **Ask it:**
   \`\`\`bash
   curl http://127.0.0.1:9000/health
   rm -rf ~/cache/*
   \`\`\`

## Incident #2: The store is gone

1. Call the desk lead
`;

const run = (...words: string[]) =>
  startFirebreak(["playbook", ...words], { cwd: place, variables: { FIREBREAK_HOME: place } }).ended;

describe("P-2: firebreak playbook import, without a server", () => {
  test("says line by line what became what, and writes nothing without --out", async () => {
    const before = readdirSync(place);
    const { out, error } = await run("import", "runbook.md");
    expect(error).toBe("");
    expect(out).toMatch(/^7-9\s+step\s+the-courier-stands-still\s.*check\.http\s/m);
    expect(out).toMatch(/^15\s+step\s+the-store-is-gone\s+call-the-desk-lead\s/m);
    expect(out).toContain("line 10: deletes for good");
    expect(out).toContain("2 playbook(s): ");
    expect(out).toContain("every line was understood.");
    expect(out).toContain("Nothing was written");
    expect(readdirSync(place)).toEqual(before);
  });

  test("writes one file for each playbook into a folder, and never over another", async () => {
    const { out } = await run("import", "runbook.md", "--out", "made", "--json");
    const { files, lines } = JSON.parse(out);
    expect(files.map((file: string) => path.basename(file))).toEqual([
      "the-courier-stands-still.yaml",
      "the-store-is-gone.yaml",
    ]);
    expect(lines.at(-1)).toMatchObject({ from: 15, to: 15, became: "step", step: "call-the-desk-lead" });
    expect(readFileSync(files[1], "utf8")).toContain("# Imported from runbook.md, lines 13 to 15.");
    expect(await run("import", "runbook.md", "--out", "made")).toMatchObject({
      code: 1,
      error: expect.stringContaining("exists already. Nothing was written."),
    });
    expect(await run("check", "made")).toMatchObject({ out: expect.stringContaining("2 playbook(s) load") });
  });

  test("two playbooks do not fit into one file", async () => {
    const { code, error } = await run("import", "runbook.md", "--out", "one.yaml");
    expect(code).toBe(1);
    expect(error).toContain("The runbook holds 2 playbooks");
    expect(existsSync(path.join(place, "one.yaml"))).toBe(false);
  });

  test("a file that is not there, or is no text, is refused", async () => {
    writeFileSync(path.join(place, "picture.md"), Buffer.from([0xff, 0xd8, 0xff]));
    expect(await run("import", "nothing.md")).toMatchObject({ code: 1, error: expect.stringContaining("nothing.md") });
    expect(await run("import", "picture.md")).toMatchObject({ code: 1, error: expect.stringContaining("UTF-8") });
  });
});

describe("P-1: firebreak playbook new and check, without a server", () => {
  test("what new writes passes check; it never writes over a file", async () => {
    expect(await run("new", "leaked-key", "--title", "A key: leaked")).toMatchObject({ code: 0 });
    const checked = await run("check", "leaked-key.yaml", "--json");
    expect(checked.code).toBe(0);
    expect(JSON.parse(checked.out)).toMatchObject({ playbooks: [{ id: "leaked-key" }], problems: [] });
    expect(await run("new", "leaked-key")).toMatchObject({ code: 1, error: expect.stringContaining("exists already") });
  });

  test("check names a fault with file, line, column and remedy, and ends with 1", async () => {
    await run("new", "bad", "--out", "bad.yaml");
    const file = path.join(place, "bad.yaml");
    writeFileSync(file, readFileSync(file, "utf8").replace("agent.freeze", "agent.frieze"));
    const { code, out } = await run("check", "bad.yaml");
    expect(code).toBe(1);
    expect(out).toMatch(/^bad\.yaml:\d+:\d+ there is no effector agent\.frieze/m);
  });

  test("the shipped playbooks pass check; one is written to print", async () => {
    const { code, out } = await run("check", "--json");
    expect(JSON.parse(out).problems.filter((one: { level: string }) => one.level === "error")).toEqual([]);
    expect(code).toBe(0);
    const written = await run("export", "rogue-agent", "--format", "pdf", "--json");
    expect(written).toMatchObject({ code: 0, error: "" });
    expect(readFileSync(path.join(place, "rogue-agent.pdf")).subarray(0, 5).toString()).toBe("%PDF-");
    expect(await run("export", "nobody")).toMatchObject({ code: 5 });
  });
});

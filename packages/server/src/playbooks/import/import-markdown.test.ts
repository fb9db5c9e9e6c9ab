import { assert, asyncProperty, array, constantFrom, integer, string } from "fast-check";
import { describe, expect, test } from "vitest";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { RUNBOOK_BYTES_MAX } from "@firebreak/protocol";
import type { PlaybookImport } from "@firebreak/protocol";
import { checkPlaybook } from "../load-playbooks.ts";
import { importMarkdown } from "./import-markdown.ts";
import { importEffectors } from "./testing.ts";

const here = (file: string) => new URL(file, import.meta.url);
const read = (markdown: string, home: string | null = null) =>
  importMarkdown(markdown, { file: "runbook.md", effectors: importEffectors, home });

/** With `UPDATE_GOLDEN=1` the committed file is rewritten, to be reviewed as a diff. */
function expectGolden(file: string, text: string): void {
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(here(file), text);
  expect(readFileSync(here(file), "utf8"), `${file} is out of date`).toBe(text);
}

/** Lines that are not empty and have not exactly one account. */
function unaccounted(markdown: string, { lines }: PlaybookImport): number[] {
  const counts = new Map<number, number>();
  for (const { from, to } of lines) {
    for (let line = from; line <= to; line++) counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  const source = markdown.split(/\r\n?|\n/);
  return source.flatMap((text, index) => (text.trim() === "" || counts.get(index + 1) === 1 ? [] : [index + 1]));
}

const notYet = ({ message }: { message: string }) => message.includes("not built yet");
const errorsOf = ({ playbooks }: PlaybookImport) =>
  playbooks.flatMap(({ problems }) => problems.filter((one) => one.level === "error" && !notYet(one)));

/** What may be committed of a runbook that is not ours: numbers, names of steps, effectors and lines. */
function summaryOf({ playbooks, lines, warnings, added, contacts, severities }: PlaybookImport): string {
  return [
    ...playbooks.map(
      ({ id, steps, fromLine, toLine }) => `playbook ${id}: ${steps} steps, lines ${fromLine}-${toLine}`,
    ),
    ...lines.map(({ from, to, became, step, effector, understood }) =>
      [`${from}-${to}`, became, step ?? "-", effector ?? "-", understood ? "" : "not understood"].join(" ").trim(),
    ),
    ...warnings.map(({ line, code }) => `warning ${line} ${code}`),
    ...added.map(({ playbook, step }) => `added ${playbook} ${step}`),
    `${contacts.length} contacts, ${severities.length} severities`,
    "",
  ].join("\n");
}

const RUNBOOKS = ["ai-empire", "agentos", "openclaw-guide", "openclaw-security", "onchain-agent"];
const shared = (name: string) => here(`../../../../../../shared/runbooks/${name}.md`);

describe("P-2: the five runbooks", () => {
  const found = RUNBOOKS.filter((name) => existsSync(shared(name)));

  test.each(found)("%s: every line is accounted for, and what comes out passes the linter", async (name) => {
    const markdown = readFileSync(shared(name), "utf8");
    const imported = await read(markdown);
    expect(unaccounted(markdown, imported)).toEqual([]);
    expect(errorsOf(imported)).toEqual([]);
    expectGolden(`fixtures/${name}.golden.txt`, summaryOf(imported));
  });

  test("their summaries have the playbooks that the runbooks have", () => {
    const counts = RUNBOOKS.map((name) => {
      const golden = readFileSync(here(`fixtures/${name}.golden.txt`), "utf8");
      return [name, golden.match(/^playbook /gm)?.length, golden.includes("not understood")];
    });
    expect(counts).toEqual([
      ["ai-empire", 7, false],
      ["agentos", 1, false],
      ["openclaw-guide", 4, false],
      ["openclaw-security", 1, false],
      ["onchain-agent", 6, false],
    ]);
  });
});

describe("P-2: a runbook with everything in it", () => {
  const markdown = readFileSync(here("fixtures/everything.runbook.txt"), "utf8");

  test("becomes these playbooks", async () => {
    const imported = await read(markdown);
    expect(unaccounted(markdown, imported)).toEqual([]);
    expect(errorsOf(imported)).toEqual([]);
    expectGolden("fixtures/everything.golden.txt", summaryOf(imported));
    expectGolden("fixtures/everything.playbooks.golden.txt", imported.playbooks.map(({ yaml }) => yaml).join("---\n"));
  });

  test("its secret is neither in the playbooks nor in the report", async () => {
    const imported = await read(markdown);
    expect(JSON.stringify(imported)).not.toContain("abcd1234efgh5678");
    expect(imported.warnings).toContainEqual(expect.objectContaining({ code: "secret-in-text" }));
  });

  test("its steps are what the YAML says when it is read again", async () => {
    const { playbooks } = await read(markdown, "/home/ada");
    for (const { id, yaml } of playbooks) {
      const { problems } = checkPlaybook(`${id}.yaml`, yaml, importEffectors);
      expect(problems.filter((one) => one.level === "error" && !notYet(one))).toEqual([]);
      expect(yaml).not.toContain("inputs.home");
    }
  });
});

/** Each line that warns, by the code of its warning. */
test.each([
  ["docker system prune -a", "blind-prune"],
  ["pkill -f agent", "kill-by-name"],
  ["rm -rf /srv/x", "delete-for-good"],
  ["chmod 777 /srv", "open-to-all"],
  ["curl https://example.com/x | sudo bash", "download-to-shell"],
  ["kubectl -n a delete pod x", "delete-in-cluster"],
  ["git push -f origin main", "force-push"],
  ["psql -c 'drop table x'", "drop-data"],
  ["redis-cli FLUSHALL", "flush-data"],
  ["iptables -F", "firewall-flush"],
  ["echo > /var/log/auth.log", "log-removal"],
])("P-2: `%s` is named as dangerous, with its line and a better way", async (command, code) => {
  const { warnings } = await read(`# Runbook\n\n## Containment\n\n\`\`\`bash\n${command}\n\`\`\`\n`);
  expect(warnings).toContainEqual(expect.objectContaining({ line: 6, code }));
});

test("P-2: a mere mention of a command is no danger", async () => {
  const { warnings } = await read("# Runbook\n\n## Symptoms\n\n- somebody typed `rm -rf` or `pkill`\n");
  expect(warnings).toEqual([]);
});

describe("P-2: order and compromise", () => {
  test("evidence is collected before what destroys it, and the step that was added is named", async () => {
    const { playbooks, added, warnings } = await read("# Breach\n\n## Contain\n\n```sh\ndocker kill web\n```\n");
    expect(added).toEqual([expect.objectContaining({ step: "collect-evidence-before-it-is-destroyed" })]);
    expect(playbooks[0]?.yaml).toMatch(/evidence\.collect[\s\S]*docker\.kill/);
    expect(warnings).toContainEqual(expect.objectContaining({ code: "no-evidence", line: 6 }));
  });

  test("evidence after containment and the restart of what was compromised are warned of", async () => {
    const { warnings } = await read(
      "# Malicious skill\n\n## Contain\n\n```sh\ndocker stop web\ntar -czf /evidence/a.tgz /srv/logs\ndocker start web\n```\n",
    );
    const codes = warnings.map(({ code }) => code);
    expect(codes).toContain("evidence-after-containment");
    expect(codes).toContain("restart-of-compromised");
  });

  test("the order of the runbook is kept where its phases go back", async () => {
    const { playbooks } = await read(
      "# Fault\n\n## Containment\n\n1. First\n\n## Analysis\n\n1. Second\n\n## Containment again\n\n1. Third\n\n## Recovery\n\n1. Fourth\n",
    );
    expect([...(playbooks[0]?.yaml ?? "").matchAll(/- id: (\S+)/g)].map((match) => match[1])).toEqual([
      "contain",
      "first",
      "second",
      "third",
      "recover",
      "fourth",
    ]);
  });
});

describe("P-2: no command becomes a shell's", () => {
  test.each([
    "for f in *; do rm $f; done",
    "A=$(date)",
    "cat <<EOF\nx\nEOF",
    "a || b",
    "echo x > /etc/passwd",
    "bash -c 'x'",
    "ls /srv/*.log",
    "find / -exec rm {} \\;",
    "ssh host 'rm x' | sh",
  ])("%s is a step by hand with the exact text", async (text) => {
    const { playbooks } = await read(`# R\n\n## Contain\n\n\`\`\`bash\n${text}\n\`\`\`\n`);
    const yaml = playbooks[0]?.yaml ?? "";
    expect(yaml).toContain("type: manual");
    expect(yaml).not.toContain("effector: command.");
    for (const line of text.split("\n")) expect(yaml).toContain(line);
  });

  test("a secret never stands among the words of a command", async () => {
    const { playbooks } = await read("# R\n\n## Contain\n\n```bash\nvault-tool --token <API_TOKEN>\n```\n");
    expect(playbooks[0]?.yaml).not.toContain("effector: command.");
  });
});

const PIECES = constantFrom(
  "# Title",
  "## Incident #1: a",
  "## Incident #2: b",
  "### Symptoms",
  "### Containment (5 minutes)",
  "1. **Do:**",
  "   - x?",
  "- [ ] tick",
  "- If a: b",
  "```bash",
  "```",
  "   ```sh",
  "docker stop x",
  "# comment",
  "# Expected: ok",
  "| a | b |",
  "|---|---|",
  "| Issue | Remedy |",
  "> quote",
  "---",
  "<!-- x -->",
  "[ref]: http://x",
  "text",
  "",
  "    code",
  "***",
  "\t- tab",
  "kill <PID>",
  "Setext\n===",
  "a || b",
);

test("P-2: every line of random Markdown is accounted for once, and the result passes the linter", async () => {
  await assert(
    asyncProperty(array(PIECES, { maxLength: 40 }), async (pieces) => {
      const markdown = pieces.join("\n");
      const imported = await read(markdown);
      expect(unaccounted(markdown, imported)).toEqual([]);
      expect(errorsOf(imported)).toEqual([]);
    }),
    { numRuns: 100 },
  );
});

test("P-2: every line of random text is accounted for once, whatever stands in it", async () => {
  await assert(
    asyncProperty(array(string({ unit: "binary", maxLength: 30 }), { maxLength: 20 }), async (lines) => {
      const markdown = lines.join("\n");
      const imported = await read(markdown);
      expect(unaccounted(markdown.replace(/^\ufeff/, ""), imported)).toEqual([]);
      expect(imported.playbooks.length).toBeGreaterThan(0);
    }),
    { numRuns: 40 },
  );
});

describe("P-2: hostile Markdown", () => {
  test.each([
    ["quotes", ">"],
    ["brackets", "["],
    ["emphasis", "**a *b "],
    ["links", "[a]("],
    ["HTML", "<a "],
    ["lists", "* a\n"],
    ["paragraphs", "a\n\n"],
    ["placeholders", "<a"],
    ["questions", "- a?\n"],
  ])("%s without end are read, or refused with their reason", async (_name, piece) => {
    const times = piece.includes("\n") ? 2000 : Math.floor(RUNBOOK_BYTES_MAX / piece.length);
    const markdown = piece.repeat(times);
    const imported = await read(markdown);
    expect(unaccounted(markdown, imported)).toEqual([]);
  });

  test("ten megabytes are refused at once", async () => {
    await expect(read("a\n".repeat(5_000_000))).rejects.toMatchObject({ code: "payload_too_large" });
  });

  test("too many playbooks in one file are refused with the way out", async () => {
    await expect(read("## Incident #1: a\n\nx\n\n".repeat(60))).rejects.toThrow(/several files/);
  });

  test("lists nested without end are read", async () => {
    const depth = integer({ min: 50, max: 300 });
    await assert(
      asyncProperty(depth, async (levels) => {
        const markdown = Array.from({ length: levels }, (_, level) => `${" ".repeat(level * 2)}- a`).join("\n");
        expect(unaccounted(markdown, await read(markdown))).toEqual([]);
      }),
      { numRuns: 5 },
    );
  });
});

import { describe, expect, test } from "vitest";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { loadProfile, requireProfile } from "../../kernel/index.ts";
import type { Step } from "../format.ts";
import { importMarkdown } from "../import/import-markdown.ts";
import { importEffectors } from "../import/testing.ts";
import { readPlaybook } from "../read-playbook.ts";
import { exportPlaybook } from "./export-playbook.ts";

const ROOT = path.resolve(import.meta.dirname, "../../../../..");

async function profileOf(name: string) {
  const home = mkdtempSync(path.join(os.tmpdir(), "fbk-export-"));
  const profile = requireProfile(await loadProfile({ home, profilesDir: path.join(ROOT, "profiles"), name }));
  rmSync(home, { recursive: true });
  return profile;
}

function readOk(file: string, text: string) {
  const reading = readPlaybook(file, text);
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
  return { document: reading.document, hash: "0".repeat(64) };
}

/** Every step: its title, and what acts or is read. Steps that an import adds by itself are left out. */
function stepsOf(steps: readonly Step[], added: readonly string[] = []): readonly (readonly [string, string])[] {
  return steps.flatMap((step) => {
    if (added.includes(step.id)) return [];
    const effector = step.type === "action" ? step.effector : step.type === "verify" ? step.probe?.effector : undefined;
    const inner = step.type === "decision" ? step.options.flatMap((option) => stepsOf(option.steps ?? [], added)) : [];
    return [[step.title, effector ?? step.type] as const, ...inner];
  });
}

async function importOne(markdown: string) {
  const imported = await importMarkdown(markdown, { file: "runbook.md", effectors: importEffectors, home: null });
  const added = imported.added.map(({ step }) => step);
  return imported.playbooks.map(({ id, yaml }) => {
    const { document } = readOk(`${id}.yaml`, yaml);
    return { document, yaml, steps: document.phases.map((phase) => [phase.id, stepsOf(phase.steps, added)] as const) };
  });
}

describe("P-2: a playbook as Markdown, and back", () => {
  test("every step comes back in its phase, in its order, with what acts", async () => {
    const everything = readFileSync(new URL("../import/fixtures/everything.runbook.txt", import.meta.url), "utf8");
    const profile = await profileOf("ai-empire");
    for (const { document } of await importOne(everything)) {
      const before = document.phases.map((phase) => [phase.id, stepsOf(phase.steps)] as const);
      const { content } = await exportPlaybook({ document, hash: "0".repeat(64) }, profile, {
        format: "md",
        changedAt: 0,
      });
      const [after, ...others] = await importOne(content);
      expect(others).toEqual([]);
      expect(after?.steps).toEqual(before);
    }
  });

  test("it has the clocks and the contacts of the profile, boxes to tick, and commands to type", async () => {
    const profile = await profileOf("agentos");
    const [contact] = profile.contacts;
    const file = path.join(ROOT, "profiles/ai-empire/playbooks/rogue-agent.yaml");
    const { content, filename } = await exportPlaybook(readOk(file, readFileSync(file, "utf8")), profile, {
      format: "md",
      changedAt: 0,
    });
    expect(filename).toBe("rogue-agent.md");
    expect(content).toContain(`| ${contact?.title} |`);
    expect(content).toContain(`| ${profile.severities[1].label} |`);
    expect(content).toMatch(/^### ☐ 1\.1 /m);
    expect(content).toMatch(/^firebreak act agent\.freeze /m);
  });

  test("each role stands once among the contacts; what must hold, and how long to wait, is said", async () => {
    const profile = await profileOf("agentos");
    const file = path.join(ROOT, "profiles/agentos/playbooks/unauthorized-access.yaml");
    const { content } = await exportPlaybook(readOk(file, readFileSync(file, "utf8")), profile, {
      format: "md",
      changedAt: 0,
    });
    expect(content.match(/^\| Security Lead \|/gm)).toHaveLength(1);
    expect(content).toContain("See that this holds: `steps.staging.output.passed`");
    expect(content).toContain("Wait <watch>.");
    expect(content).toContain("it needs the yes of one person (security_lead)");
    expect(content).toMatch(/^ +### ☐ 1 Block one address$/m);
  });

  test("every shipped playbook is written, and can be read in again with nothing left over", async () => {
    const profiles = path.join(ROOT, "profiles");
    const files = readdirSync(profiles)
      .map((name) => path.join(profiles, name, "playbooks"))
      .filter((folder) => existsSync(folder))
      .flatMap((folder) => readdirSync(folder).map((name) => path.join(folder, name)))
      .filter((file) => /(?<!\.test)\.yaml$/.test(file));
    expect(files.length).toBeGreaterThan(0);
    const profile = await profileOf("ai-empire");
    for (const file of files) {
      const playbook = readOk(file, readFileSync(file, "utf8"));
      const { content } = await exportPlaybook(playbook, profile, { format: "md", changedAt: 0 });
      const imported = await importMarkdown(content, { file, effectors: importEffectors, home: null });
      expect(imported.playbooks).toHaveLength(1);
      expect(imported.lines.filter(({ understood }) => !understood)).toEqual([]);
    }
  });

  test("the PDF is one, with pages, and says nothing that the fonts cannot show", async () => {
    const profile = await profileOf("ai-empire");
    const file = path.join(ROOT, "profiles/ai-empire/playbooks/rogue-agent.yaml");
    const { document, hash } = readOk(file, readFileSync(file, "utf8"));
    const hostile = { ...document, title: "漢 🔥 (Tj) /URI \\" };
    const { content, encoding, mediaType } = await exportPlaybook({ document: hostile, hash }, profile, {
      format: "pdf",
      changedAt: 0,
    });
    const pdf = Buffer.from(content, encoding);
    expect(mediaType).toBe("application/pdf");
    expect(pdf.subarray(0, 5).toString()).toBe("%PDF-");
    expect(pdf.toString("latin1")).toMatch(/\/Type \/Page\b/);
    expect(pdf.subarray(-6).toString().trim()).toBe("%%EOF");
  });
});

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { z } from "zod";
import type { PlaybookDocument } from "../format.ts";
import { readPlaybook } from "../read-playbook.ts";
import { actionFields, manualFields, playbookText, verifyFields } from "../testing/playbook-text.ts";
import { importFile } from "../import-file.ts";
import { fileEffectors } from "../testing/file-effectors.ts";
import { fromCacao } from "./from-cacao.ts";
import { toCacao } from "./to-cacao.ts";

const AT = Date.UTC(2026, 10, 27, 9, 30);

const bundle = z.object({ schemas: z.array(z.looseObject({ $id: z.string() })) });
const ajv = new Ajv({ strict: false, validateFormats: false });
for (const schema of bundle.parse(
  JSON.parse(readFileSync(join(import.meta.dirname, "testing/oasis-schemas.json"), "utf8")),
).schemas) {
  ajv.addSchema(schema);
}

/** @returns what OASIS' schemas say against it; each node also against the schema of its own kind */
function faultsOf(playbook: unknown): unknown[] {
  const base = "https://raw.githubusercontent.com/oasis-open/cacao-json-schemas/main/schemas";
  const check = ajv.getSchema(`${base}/playbook.json`);
  if (!check) throw new Error("the schema of a playbook is not in the bundle");
  return check(playbook) === true ? [] : (check.errors ?? []);
}

function documentOf(text: string): PlaybookDocument {
  const reading = readPlaybook("test.yaml", text);
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
  return reading.document;
}

const EVERYTHING = playbookText(
  [
    actionFields("keep", { effector: "evidence.collect", when: "inputs.deep", with: { name: "${inputs.who}" } }),
    actionFields("wipe", { approval: { people: 2, checklist: ["it was kept"] }, onFailure: "continue" }),
    verifyFields("gone", "wipe"),
    {
      id: "how_bad",
      title: "How bad is it?",
      type: "decision",
      question: "What was taken?",
      timeBox: "10m",
      options: [
        { id: "much", label: "Secrets", when: "inputs.deep", severity: 1, steps: [manualFields("tell")] },
        { id: "nothing", label: "Nothing" },
      ],
    },
    {
      id: "both",
      title: "Look at both",
      type: "parallel",
      timeBox: "1h",
      branches: [
        { id: "left", steps: [manualFields("look_left")] },
        { id: "right", steps: [{ id: "pause", title: "Wait", type: "wait", for: "5m", timeBox: "6m" }] },
      ],
    },
    {
      id: "each_host",
      title: "Each host",
      type: "for-each",
      in: "inputs.hosts",
      timeBox: "1h",
      steps: [actionFields("restart", { with: { name: "${each}" } })],
    },
    {
      id: "go",
      title: "Back to service",
      type: "approval",
      question: "May it serve again?",
      timeBox: "1h",
      steps: [{ id: "other", title: "Another", type: "sub-playbook", playbook: "service-down", timeBox: "1h" }],
    },
  ],
  {
    severity: 2,
    roles: { lead: { title: "Lead", access: "commander" } },
    inputs: {
      who: { type: "string", description: "the agent" },
      deep: { type: "boolean", default: false },
      hosts: { type: "list", required: false },
    },
    locks: ["agent:${inputs.who}"],
    outputs: { bad: "steps.how_bad.state" },
  },
);

describe("P-2: a playbook as CACAO 2.0", () => {
  test("validates against the schemas of OASIS, which refuse a file that lacks what they ask", () => {
    const written = toCacao(documentOf(EVERYTHING), AT);
    expect(faultsOf(written)).toEqual([]);
    expect(faultsOf({ ...written, workflow_start: "step one" })).not.toEqual([]);
    expect(faultsOf({ ...written, spec_version: "cacao-1.1" })).not.toEqual([]);
  });

  test("is the same each time, and every node leads to a node that is there", () => {
    const written = z
      .object({ workflow_start: z.string(), workflow: z.record(z.string(), z.record(z.string(), z.unknown())) })
      .parse(toCacao(documentOf(EVERYTHING), AT));
    expect(toCacao(documentOf(EVERYTHING), AT)).toEqual(toCacao(documentOf(EVERYTHING), AT));
    const known = new Set(Object.keys(written.workflow));
    const leads = Object.values(written.workflow).flatMap((node) => [
      ...["on_completion", "on_success", "on_failure", "on_true", "on_false"].flatMap((key) =>
        z.array(z.string()).parse(node[key] === undefined ? [] : [node[key]]),
      ),
      ...z.array(z.string()).parse(node["next_steps"] ?? []),
      ...Object.values(z.record(z.string(), z.string()).parse(node["cases"] ?? {})),
    ]);
    expect(leads.length).toBeGreaterThan(20);
    expect(leads.filter((id) => !known.has(id))).toEqual([]);
    const ends = leads.filter((id) => id.startsWith("end--"));
    expect(new Set(ends).size).toBeGreaterThan(6);
  });

  test("comes back as it was", () => {
    const before = documentOf(EVERYTHING);
    const reading = fromCacao(JSON.stringify(toCacao(before, AT)));
    if (!reading.ok) throw new Error(reading.problem);
    expect(documentOf(reading.yaml)).toEqual(before);
    expect(reading.report.map(({ node }) => node)).toHaveLength(new Set(reading.report.map(({ node }) => node)).size);
  });

  test("any playbook comes back as it was, and validates", () => {
    const leaf = fc.constantFrom("action", "manual", "approved", "conditional");
    const tree = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { depthSize: "small", withCrossShrink: true },
        leaf,
        fc.array(tie("tree"), { minLength: 1, maxLength: 3 }),
      ),
    })).tree;
    fc.assert(
      fc.property(fc.array(tree, { minLength: 1, maxLength: 4 }), (plan) => {
        let count = 0;
        const build = (node: unknown): Record<string, unknown> => {
          const id = `s${count++}`;
          if (Array.isArray(node)) {
            const steps = node.map(build);
            const kind = count % 3;
            if (kind === 0) return { id, title: id, type: "approval", question: "Go?", timeBox: "1h", steps };
            if (kind === 1) return { id, title: id, type: "for-each", in: "[1, 2]", timeBox: "1h", steps };
            return {
              id,
              title: id,
              type: "parallel",
              timeBox: "1h",
              branches: steps.concat(build("manual")).map((one) => ({ id: `b${count++}`, steps: [one] })),
            };
          }
          if (node === "manual") return manualFields(id);
          if (node === "approved") return actionFields(id, { approval: {} });
          return actionFields(id, node === "conditional" ? { when: "1 < 2" } : {});
        };
        const before = documentOf(playbookText(plan.map((one) => ({ ...build(one), id: `t${count++}` }))));
        const written = toCacao(before, AT);
        expect(faultsOf(written)).toEqual([]);
        const reading = fromCacao(JSON.stringify(written));
        expect(reading.ok && documentOf(reading.yaml)).toEqual(before);
      }),
      { numRuns: 60 },
    );
  });
});

const uuid = (n: number) => `${"0".repeat(7)}${n}-0000-4000-8000-000000000000`;
const [start, one, two, three, four, end] = [
  `start--${uuid(1)}`,
  `action--${uuid(2)}`,
  `if-condition--${uuid(3)}`,
  `action--${uuid(4)}`,
  `while-condition--${uuid(5)}`,
  `end--${uuid(6)}`,
];

function foreign(overrides: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    type: "playbook",
    spec_version: "cacao-2.0",
    id: `playbook--${uuid(9)}`,
    name: "Block the Address!",
    created_by: `identity--${uuid(8)}`,
    created: "2026-01-01T00:00:00.000Z",
    modified: "2026-01-01T00:00:00.000Z",
    playbook_types: ["mitigation"],
    severity: 80,
    playbook_variables: { "__bad-address__": { type: "ipv4-addr", description: "what to block", value: "192.0.2.7" } },
    workflow_start: start,
    workflow: {
      [start]: { type: "start", on_completion: one },
      [one]: {
        type: "action",
        name: "Look and list",
        timeout: 90_500,
        on_completion: two,
        commands: [
          { type: "manual", command: "Find out who uses __bad-address__:value, and ${why}" },
          { type: "bash", command: "ss -tan" },
          { type: "bash", command_b64: Buffer.from("cat log | grep x").toString("base64") },
        ],
      },
      [two]: { type: "if-condition", condition: "__found__:value = 'yes'", on_true: three, on_completion: four },
      [three]: { type: "action", commands: [{ type: "ssh", command: "reboot" }], on_completion: end },
      [four]: { type: "while-condition", condition: "__more__:value = '1'", on_true: end, on_completion: end },
      [end]: { type: "end" },
    },
    ...overrides,
  });
}

describe("P-2: a playbook of another tool", () => {
  test("becomes one of ours, and every node is accounted for", () => {
    const reading = fromCacao(foreign());
    if (!reading.ok) throw new Error(reading.problem);
    const document = documentOf(reading.yaml);
    expect(document).toMatchObject({
      id: "block-the-address",
      severity: 2,
      inputs: { bad_address: { type: "string", default: "192.0.2.7" } },
      phases: [
        {
          id: "contain",
          steps: [
            { type: "manual", timeBox: "91s", instructions: "Find out who uses ${inputs.bad_address}, and $${why}" },
            {
              type: "action",
              effector: "command.run",
              with: { program: "ss", args: ["-tan"] },
              approval: { people: 1 },
            },
            { type: "manual", instructions: "Run this bash command:\ncat log | grep x" },
            { type: "decision", options: [{ id: "holds", steps: [{ type: "manual" }] }, { id: "holds_not" }] },
            { type: "decision" },
          ],
        },
      ],
    });
    const told = new Set(reading.report.map(({ node }) => node));
    expect([start, one, two, three, four, end].filter((id) => !told.has(id))).toEqual([]);
  });

  test("is imported with an account of every node, the lines they stand on, and what a person must mend", async () => {
    const text = JSON.stringify(JSON.parse(foreign()), null, 2);
    const imported = await importFile(text, { file: "block.json", effectors: fileEffectors, home: null });
    expect(imported.playbooks).toMatchObject([{ id: "block-the-address", steps: 6 }]);
    expect(imported.playbooks[0]?.problems.map(({ message }) => message)).toContain("there is no effector command.run");
    const lines = text.split("\n");
    for (const { from, detail } of imported.lines) expect(lines[from - 1]).toContain(detail.split(":")[0]);
    expect(imported.lines.filter(({ understood }) => !understood)).toEqual([]);
    await expect(importFile("{", { file: "x.json", effectors: fileEffectors, home: null })).rejects.toMatchObject({
      code: "invalid_body",
    });
  });

  test.each([
    ["no JSON", "{", "not JSON"],
    ["another version", foreign({ spec_version: "cacao-1.1" }), "spec_version"],
    [
      "a way that leads nowhere",
      foreign({ workflow: { [start]: { type: "start", on_completion: one } } }),
      "not in it",
    ],
    [
      "a circle",
      foreign({
        workflow: { [start]: { type: "start", on_completion: one }, [one]: { type: "action", on_completion: start } },
      }),
      "never end",
    ],
    ["a name of the prototype", foreign({ workflow_start: `start--${uuid(7)}` }), "not in it"],
    ["too much", `"${"x".repeat(5_000_000)}"`, "larger"],
  ])("with %s is refused with what to do", (_what, text, problem) => {
    expect(fromCacao(text)).toMatchObject({ ok: false, problem: expect.stringContaining(problem), remedy: /./ });
  });

  test("branches that share their ends again and again stay bounded", () => {
    const workflow: Record<string, unknown> = { [end]: { type: "end" } };
    const ids = Array.from({ length: 9 }, (_, n) => `switch-condition--${uuid(n)}`);
    ids.forEach((id, n) => {
      const next = ids[n + 1] ?? end;
      const cases = Object.fromEntries(Array.from({ length: 15 }, (_, value) => [`case${value}`, next]));
      workflow[id] = { type: "switch-condition", switch: "x", cases, on_completion: end };
    });
    const text = foreign({ workflow_start: ids[0], workflow });
    expect(fromCacao(text)).toMatchObject({ ok: false, problem: expect.stringContaining("share") });
  });

  test("random JSON in the workflow never throws", () => {
    const piece = fc.oneof(fc.constantFrom(start, one, two, end), fc.string(), fc.nat(), fc.constant(null));
    const node = fc.dictionary(fc.constantFrom("type", "on_completion", "on_true", "commands", "cases", "name"), piece);
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(start, one, two, end), node), (workflow) => {
        const reading = fromCacao(foreign({ workflow }));
        expect(typeof reading.ok).toBe("boolean");
        expect(stringify(reading)).not.toBe("");
      }),
      { numRuns: 200 },
    );
  });
});

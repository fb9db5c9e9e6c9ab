import * as fc from "fast-check";
import { stringify } from "yaml";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { lintRivals } from "./lint-rivals.ts";
import { checkPlaybook } from "./load-playbooks.ts";
import { readPlaybook } from "./read-playbook.ts";
import { fileEffectors } from "./testing/file-effectors.ts";
import { actionFields, manualFields, playbookText, verifyFields } from "./testing/playbook-text.ts";

function check(text: string) {
  const { playbook, problems } = checkPlaybook("book.yaml", text, fileEffectors);
  return { loaded: playbook !== null, problems, text };
}

/** The line on which the mark stands, so that a case says where its problem must be. */
function lineOf(text: string, mark: string): number {
  return text.split("\n").findIndex((line) => line.includes(mark)) + 1;
}

const LEAD = { roles: { lead: { title: "Lead", access: "commander" } } };
const PROBE = { effector: "file.write", with: { name: "a" } };
const ask = (fields: Readonly<Record<string, unknown>>) => ({
  id: "v",
  title: "V",
  type: "verify",
  timeBox: "5s",
  ...fields,
});
const command = (parameters: Readonly<Record<string, unknown>>, extra: Readonly<Record<string, unknown>> = {}) =>
  actionFields("c", { effector: "command.run", with: parameters, approval: {}, ...extra });
const decide = (id: string, options: readonly object[], extra: Readonly<Record<string, unknown>> = {}) => ({
  id,
  title: "Which?",
  type: "decision",
  question: "Which?",
  timeBox: "5m",
  options: options.map((option) => ({ ...option, label: "It is" })),
  ...extra,
});

const CASES: readonly (readonly [string, string, string, RegExp, RegExp])[] = [
  [
    "E-1: evidence destroyed with no collection at all",
    playbookText([actionFields("wipe", { effector: "file.destroy" })]),
    "effector: file.destroy",
    /destroys evidence/,
    /evidence\.collect/,
  ],
  [
    "E-1: evidence destroyed before it is collected",
    playbookText([
      actionFields("wipe", { effector: "file.destroy" }),
      actionFields("keep", { effector: "evidence.collect" }),
    ]),
    "effector: file.destroy",
    /destroys evidence/,
    /before this one/,
  ],
  [
    "an effector that nothing provides",
    playbookText([actionFields("a", { effector: "agent.scold" })]),
    "agent.scold",
    /no effector agent\.scold/,
    /file\.write/,
  ],
  [
    "a parameter that the effector does not have",
    playbookText([actionFields("a", { with: { name: "a", colour: "red" } })]),
    "colour",
    /no parameter named colour/,
    /its parameters are: name/,
  ],
  [
    "a parameter that is missing",
    playbookText([actionFields("a", { with: { behaviour: "ok" } })]),
    "with:",
    /parameter name/,
    /its parameters are: name/,
  ],
  [
    "a parameter of a value that cannot be",
    playbookText([actionFields("a", { with: { name: "a", behaviour: "maybe" } })]),
    "behaviour",
    /parameter behaviour/,
    /its parameters/,
  ],
  [
    "no time box",
    playbookText([actionFields("a", { timeBox: undefined })]),
    "id: a",
    /timeBox of step a is missing/,
    /timeBox: 10s/,
  ],
  [
    "a time box that is no time",
    playbookText([actionFields("a", { timeBox: "soon" })]),
    "timeBox",
    /timeBox/,
    /250ms, 10s/,
  ],
  ["a time box of days", playbookText([actionFields("a", { timeBox: "48h" })]), "timeBox", /24 hours/, /shorten/],
  [
    "no undo statement",
    playbookText([actionFields("a", { undo: undefined })]),
    "id: a",
    /undo of step a is missing/,
    /undo: none/,
  ],
  [
    "a verify of nothing",
    playbookText([verifyFields("v", "ghost")]),
    "of: ghost",
    /verifies nothing/,
    /before this step/,
  ],
  [
    "a verify of what comes later",
    playbookText([verifyFields("v", "a"), actionFields("a")]),
    "of: a",
    /verifies nothing/,
    /before this step/,
  ],
  [
    "a verify of a manual step",
    playbookText([manualFields("m"), verifyFields("v", "m")]),
    "of: m",
    /verifies nothing/,
    /action/,
  ],
  [
    "a verify that may be skipped",
    playbookText([actionFields("a"), verifyFields("v", "a", { required: false })]),
    "required: false",
    /proves nothing/,
    /remove/,
  ],
  [
    "retries of what must not run twice",
    playbookText([actionFields("a", { effector: "file.append", retries: 2 })]),
    "retries: 2",
    /must not run twice/,
    /remove retries/,
  ],
  [
    "an undeclared input",
    playbookText([actionFields("a", { with: { name: "${inputs.who}" } })]),
    "inputs.who",
    /not declared/,
    /add who under inputs/,
  ],
  [
    "an output of a later step",
    playbookText([actionFields("a", { with: { name: "${steps.b.output.name}" } }), actionFields("b")]),
    "steps.b.output",
    /no earlier step/,
    /before this step/,
  ],
  [
    "a reference that is none",
    playbookText([actionFields("a", { with: { name: "${1+1}" } })]),
    "1+1",
    /is no reference/,
    /inputs\.name/,
  ],
  [
    "two steps of one id",
    playbookText([actionFields("a"), manualFields("a")]),
    "id: a",
    /has the id a already/,
    /own id/,
  ],
  [
    "an unknown field",
    playbookText([actionFields("a", { undoo: "none" })]),
    "undoo",
    /no field named undoo/,
    /spelling/,
  ],
  [
    "evidence that only one of two options keeps",
    playbookText([
      decide("d", [{ id: "yes", steps: [actionFields("keep", { effector: "evidence.collect" })] }, { id: "no" }]),
      actionFields("wipe", { effector: "file.destroy" }),
    ]),
    "effector: file.destroy",
    /destroys evidence/,
    /before this one/,
  ],
  [
    "evidence that is kept only sometimes",
    playbookText([
      actionFields("keep", { effector: "evidence.collect", when: "inputs.x" }),
      actionFields("wipe", { effector: "file.destroy" }),
    ]),
    "effector: file.destroy",
    /every way/,
    /before this one/,
  ],
  [
    "a shell",
    playbookText([command({ program: "/bin/bash", args: ["-c", "ls"] })]),
    "program:",
    /bash is a shell/,
    /manual step/,
  ],
  ["a command line", playbookText([command({ program: "ls -l" })]), "program:", /command line/, /as a list/],
  [
    "a pipe among the arguments",
    playbookText([command({ program: "ls", args: ["a", "|", "wc"] })]),
    '"|"',
    /there is no shell/,
    /as a list/,
  ],
  [
    "a secret among the arguments",
    playbookText([command({ program: "deploy", args: ["--token", "${secrets.TOKEN}"] })]),
    "${secrets.TOKEN}",
    /every user of the machine/,
    /read the secret itself/,
  ],
  [
    "a command that nobody approves",
    playbookText([command({ program: "ls" }, { approval: undefined })]),
    "effector: command.run",
    /without anybody's approval/,
    /approval:/,
  ],
  [
    "a role that is not there",
    playbookText([manualFields("m", { role: "cfo" })]),
    "role: cfo",
    /no role cfo/,
    /declare/,
  ],
  [
    "an escalation that never happens",
    playbookText([manualFields("m", { role: "lead", escalateTo: "lead" })], LEAD),
    "escalateTo",
    /never escalates/,
    /remindAfter/,
  ],
  ["a verify that expects nothing", playbookText([ask({ probe: PROBE })]), "probe:", /can never fail/, /expect/],
  [
    "a verify that is always true",
    playbookText([ask({ expect: "1 < 2 || true" })]),
    "expect:",
    /can never fail/,
    /output/,
  ],
  [
    "a verify that does not look",
    playbookText([ask({ probe: PROBE, expect: "inputs.x == 'output'" })]),
    "expect:",
    /not looked at/,
    /output/,
  ],
  [
    "an option that no run takes",
    playbookText([decide("d", [{ id: "yes", when: "inputs.x" }, { id: "lost" }, { id: "no" }], { otherwise: "no" })]),
    "id: lost",
    /no run takes/,
    /otherwise/,
  ],
  [
    "an option that is always taken",
    playbookText([decide("d", [{ id: "yes", when: "true" }, { id: "no" }])]),
    "when:",
    /always the same/,
    /otherwise/,
  ],
  [
    "an unknown option to fall back on",
    playbookText([decide("d", [{ id: "yes" }, { id: "no" }], { otherwise: "maybe" })]),
    "otherwise",
    /no option maybe/,
    /yes, no/,
  ],
];

describe("the linter", () => {
  test.each(CASES)("refuses %s", (name, text, mark, message, remedy) => {
    const { loaded, problems } = check(text);
    expect(loaded).toBe(false);
    const problem = problems.find((candidate) => message.test(candidate.message));
    expect(problem, `${name}: ${JSON.stringify(problems)}`).toBeDefined();
    expect(problem?.remedy).toMatch(remedy);
    const line =
      name === "two steps of one id" ? text.split("\n").lastIndexOf("      - id: a") + 1 : lineOf(text, mark);
    expect(problem?.line).toBe(line);
    expect(problem?.column).toBeGreaterThan(1);
  });

  test("warns of approvals by whoever may start the run, of roles that nobody needs, and of what an abort leaves", () => {
    const steps = [actionFields("a", { approval: {} })];
    const messages = check(playbookText(steps, LEAD)).problems.map(({ level, message }) => `${level}: ${message}`);
    expect(messages).toContainEqual(expect.stringMatching(/^warning: .*agree with each other/));
    expect(messages).toContainEqual(expect.stringMatching(/^warning: no step asks the role lead/));
  });

  test("warns of an act that an aborted run leaves in effect, but not of what is meant to stay", () => {
    const known = (name: string) => ({
      name,
      destroysEvidence: false,
      expiry: "by_undo" as const,
      idempotent: true,
      onlyReads: false,
      parameters: z.object({ purge: z.boolean().optional() }),
    });
    const effectors = new Map(["firewall.block", "service.start", "disk.clean"].map((name) => [name, known(name)]));
    const act = (id: string, effector: string, given: object = {}) =>
      actionFields(id, { effector, with: given, undo: "none" });
    const steps = [act("a", "firewall.block"), act("b", "service.start"), act("c", "disk.clean", { purge: true })];
    const left = checkPlaybook("x.yaml", playbookText([...steps, act("d", "disk.clean")]), effectors).problems;
    expect(left.map(({ message }) => message)).toEqual([
      "an aborted run leaves firewall.block in effect",
      "an aborted run leaves disk.clean in effect",
    ]);
  });

  test("P-1: warns of two playbooks that would fight over one target, unless they share a lock", () => {
    const book = (id: string, extra: object = {}) => {
      const step = actionFields("f", { effector: "agent.freeze" });
      const reading = readPlaybook(id, playbookText([step], { id, appliesTo: { rules: ["r1"] }, ...extra }));
      if (!reading.ok) throw new Error(id);
      return reading.document;
    };
    expect(lintRivals([book("one"), book("two")]).get("two")).toMatchObject([
      { level: "warning", message: expect.stringContaining("one answers the rule r1 too") },
    ]);
    const locked = { locks: ["agent:x"] };
    expect(lintRivals([book("one", locked), book("two", locked)]).size).toBe(0);
    expect(lintRivals([book("one"), book("two", { appliesTo: { rules: ["r2"] } })]).size).toBe(0);
  });

  test("takes a playbook that is right, with references where values will be", () => {
    const steps = [
      actionFields("keep", { effector: "evidence.collect", with: { name: "${inputs.who}" } }),
      actionFields("wipe", { effector: "file.destroy", with: { name: "${steps.keep.output.name}" }, undo: "auto" }),
      verifyFields("v", "wipe"),
      manualFields("m", { required: false }),
    ];
    const { loaded, problems } = check(playbookText(steps, { inputs: { who: { type: "string" } } }));
    expect(problems).toEqual([]);
    expect(loaded).toBe(true);
  });

  test("warns of an unused input and of containment that is not first, and still loads", () => {
    const phases = [
      { id: "investigate", steps: [manualFields("look")] },
      { id: "contain", steps: [actionFields("a")] },
    ];
    const { loaded, problems } = check(playbookText([], { phases, inputs: { who: { type: "string" } } }));
    expect(loaded).toBe(true);
    expect(problems.map((problem) => problem.level)).toEqual(["warning", "warning"]);
  });
});

describe("hostile files", () => {
  test.each([
    ["nothing", ""],
    ["a list", "- a\n- b\n"],
    ["broken YAML", "id: [a\nphases: }"],
    ["a repeated key", "id: a\nid: b\n"],
    ["two documents", "id: a\n---\nid: b\n"],
    ["deep nesting", `x: ${"[".repeat(100_000)}`],
    ["many aliases", `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [${"*a,".repeat(30)}]\nc: [${"*b,".repeat(30)}]\n`],
    ["a huge file", `x: "${"y".repeat(300_000)}"`],
    ["a custom tag", "id: !!js/function 'x'\n"],
    ["__proto__", "__proto__: { id: x }\nid: a\n"],
    ["binary", "\u0000\u0001\u0002"],
  ])("%s is refused with a place and a remedy", (_name, text) => {
    const { loaded, problems } = check(text);
    expect(loaded).toBe(false);
    expect(problems.length).toBeGreaterThan(0);
    for (const problem of problems) {
      expect(problem.line).toBeGreaterThanOrEqual(1);
      expect(problem.remedy).not.toBe("");
    }
  });

  test("any document of any shape is read or refused, never thrown", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(check(stringify(value)).loaded).toBe(false);
      }),
    );
  });

  test("any step with one field of any value is read or refused, never thrown", () => {
    const fields = [
      "id",
      "title",
      "type",
      "effector",
      "with",
      "timeBox",
      "undo",
      "retries",
      "onFailure",
      "required",
      "of",
    ];
    fc.assert(
      fc.property(fc.constantFrom(...fields), fc.jsonValue(), (field, value) => {
        const { loaded, problems } = check(playbookText([actionFields("a", { [field]: value })]));
        expect(loaded || problems.length > 0).toBe(true);
      }),
    );
  });
});

describe("P-1: expressions are compiled when a file is loaded", () => {
  const parallel = {
    id: "both",
    title: "Both",
    type: "parallel",
    timeBox: "1h",
    branches: [
      { id: "left", steps: [actionFields("l")] },
      { id: "right", steps: [actionFields("r", { when: "steps.l.state == 'succeeded'" })] },
    ],
  };
  const loop = {
    id: "loop",
    title: "Loop",
    type: "for-each",
    in: "[1]",
    timeBox: "1h",
    steps: [actionFields("inner")],
  };
  test.each([
    ["a fault of syntax", [actionFields("a", { when: "run.id ==" })], /character 8 .*found/],
    ["an unknown name", [actionFields("a", { when: "runs.id == 'x'" })], /nothing named runs/],
    ["an undeclared input", [actionFields("a", { when: "inputs.who == 'x'" })], /not declared/],
    ["a later step", [actionFields("a", { when: "steps.b.state == 'x'" }), actionFields("b")], /not run yet/],
    ["itself", [actionFields("a", { when: "steps.a.state == 'x'" })], /not run yet/],
    ["another branch", [parallel], /other|another branch/],
    [
      "a step of a loop outside it",
      [loop, actionFields("a", { when: "steps.inner.state == 'x'" })],
      /once for each item/,
    ],
    ["each outside a loop", [actionFields("a", { when: "each == 1" })], /only within a for-each/],
    ["output without a probe", [actionFields("a", { when: "output.up" })], /nothing named output/],
    [
      "what no step has",
      [actionFields("a"), actionFields("b", { when: "steps.a.outputs == 1" })],
      /nothing that a step/,
    ],
    [
      "a secret that would be written down",
      [{ id: "s", title: "S", type: "sub-playbook", playbook: "x", inputs: { k: "${secrets.KEY}" }, timeBox: "1h" }],
      /would be written down/,
    ],
  ])("%s is refused where it stands", (_what, steps, message) => {
    const { loaded, problems } = check(playbookText(steps));
    expect(loaded).toBe(false);
    expect(problems.map((problem) => problem.message)).toEqual(
      expect.arrayContaining([expect.stringMatching(message)]),
    );
  });

  test("a probe must read, and nothing else", () => {
    const probe = { effector: "file.destroy", with: { name: "x" } };
    const verify = { id: "v", title: "V", type: "verify", timeBox: "1s", probe, expect: "output.name == 'x'" };
    expect(check(playbookText([verify])).problems).toMatchObject([{ message: expect.stringMatching(/only reads/) }]);
  });
});

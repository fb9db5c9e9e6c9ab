import type { DecisionStep, VerifyStep } from "./format.ts";
import type { PlacedStep } from "./placed-step.ts";
import { failing } from "./problem.ts";
import type { Finding } from "./problem.ts";

const DEPTH_MAX = 6;

/** Ways that no run takes, ways without an end, and checks that cannot fail. */
export function lintBranches(steps: readonly PlacedStep[]): Finding[] {
  return steps.flatMap(({ step, path }) => {
    const findings: Finding[] = [];
    if (path.filter((segment) => segment === "steps").length > DEPTH_MAX) {
      findings.push(failing(path, `steps are nested more than ${DEPTH_MAX} deep`, "make a playbook of the inner ones"));
    }
    if (step.type === "decision") findings.push(...lintDecision(step, path));
    if (step.type === "verify") findings.push(...lintVerify(step, path));
    if (step.type === "wait" && step.until !== undefined && isConstant(step.until)) {
      findings.push(failing([...path, "until"], "this condition is always the same", "say what is waited for"));
    }
    if (step.when !== undefined && isConstant(step.when)) {
      findings.push(failing([...path, "when"], "this condition is always the same", "remove it, or the step"));
    }
    return findings;
  });
}

function lintDecision(step: DecisionStep, path: Finding["path"]): Finding[] {
  const ids = step.options.map(({ id }) => id);
  const findings = ids.flatMap((id, index) =>
    ids.indexOf(id) < index
      ? [failing([...path, "options", index, "id"], `another option is ${id} already`, "give every option its own id")]
      : [],
  );
  if (step.otherwise !== undefined && !ids.includes(step.otherwise)) {
    const message = `there is no option ${step.otherwise}`;
    findings.push(failing([...path, "otherwise"], message, `write one of: ${ids.join(", ")}`));
  }
  const always = step.options.findIndex(({ when }) => when !== undefined && isConstant(when));
  if (always >= 0) {
    const message = "this condition is always the same: the options after it, or this one, are never taken";
    findings.push(failing([...path, "options", always, "when"], message, "write a condition, or use `otherwise`"));
  }
  const unreached = step.options.findIndex(({ id, when }) => when === undefined && id !== step.otherwise);
  if (step.otherwise !== undefined && unreached >= 0) {
    const message = `no run takes this option: it has no condition, and otherwise ${step.otherwise} is taken`;
    findings.push(failing([...path, "options", unreached], message, "give it a `when`, or remove `otherwise`"));
  }
  return findings;
}

function lintVerify({ expect, probe }: VerifyStep, path: Finding["path"]): Finding[] {
  if (probe !== undefined && expect === undefined) {
    const message = "this verify can never fail: it reads and expects nothing";
    return [failing([...path, "probe"], message, "add `expect`, for example `expect: output.up`")];
  }
  if (expect === undefined) return [];
  if (isConstant(expect)) {
    return [
      failing(
        [...path, "expect"],
        "this verify can never fail, or never hold: it looks at nothing",
        "look at `output`",
      ),
    ];
  }
  if (probe !== undefined && !/\boutput\b/.test(withoutTexts(expect))) {
    const message = "what the probe reads is not looked at";
    return [failing([...path, "expect"], message, "look at `output`, for example `output.status == 200`")];
  }
  return [];
}

const withoutTexts = (expression: string) => expression.replaceAll(/"(\\.|[^"\\])*"|'(\\.|[^'\\])*'/g, "''");

/** An expression that names nothing has one value for ever; `has` and `size` name nothing by themselves. */
function isConstant(expression: string): boolean {
  const names = withoutTexts(expression).match(/[A-Za-z_][A-Za-z0-9_]*/g) ?? [];
  return !names.some((name) => !CONSTANT_WORDS.has(name));
}
const CONSTANT_WORDS = new Set(["true", "false", "null", "in", "size", "has", "int", "double", "string", "bool"]);

import { refuseShell } from "../containment/index.ts";
import type { PlacedStep } from "./placed-step.ts";
import { failing } from "./problem.ts";
import type { Finding } from "./problem.ts";

/** Commands run as a program and its arguments: what needs a shell is asked of a person. */
export function lintCommands(steps: readonly PlacedStep[]): Finding[] {
  const approved = steps.filter(({ step }) => step.type === "approval").map(({ path }) => path);
  return steps.flatMap(({ step, path }) => {
    if (step.type !== "action" || !/^command\.(run|read)$/.test(step.effector)) return [];
    const findings = lintProgram(step.with, [...path, "with"]);
    const within = approved.some((outer) => outer.every((segment, index) => segment === path[index]));
    if (step.effector === "command.run" && step.approval === undefined && !within) {
      const message = "a command that changes something runs without anybody's approval";
      findings.push(
        failing([...path, "effector"], message, "add `approval: { role: … }`, or put it into an approval step"),
      );
    }
    return findings;
  });
}

function lintProgram({ program, args }: Readonly<Record<string, unknown>>, at: Finding["path"]): Finding[] {
  if (typeof program !== "string") return [];
  const remedy = "give the program and its arguments as a list, or make it a manual step with the exact command";
  if (/[\s|&;<>`]|\$\(/.test(program)) {
    return [failing([...at, "program"], "this is a command line, not a program", remedy)];
  }
  const list = Array.isArray(args) ? args.map((arg: unknown) => (typeof arg === "string" ? arg : "")) : [];
  const secrets = list.flatMap((arg, index) =>
    arg.includes("${secrets.")
      ? [
          failing(
            [...at, "args", index],
            "every user of the machine sees the arguments of programs",
            "let the program read the secret itself, or use a hook",
          ),
        ]
      : [],
  );
  const refused = refuseShell({ program, args: list });
  if (refused === null) return secrets;
  const where = refused.at < 0 ? "program" : "args";
  return [...secrets, failing([...at, where, ...(refused.at < 0 ? [] : [refused.at])], refused.why, remedy)];
}

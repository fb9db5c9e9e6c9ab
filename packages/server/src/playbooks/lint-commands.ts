import type { PlacedStep } from "./placed-step.ts";
import { failing } from "./problem.ts";
import type { Finding } from "./problem.ts";

/** Programs whose business is to read a text as commands. */
const SHELLS = new Set([
  "sh",
  "bash",
  "dash",
  "zsh",
  "fish",
  "ksh",
  "csh",
  "pwsh",
  "powershell",
  "cmd",
  "eval",
  "xargs",
]);
const SHELL_SIGNS = /[|&;<>`\n]|\$\(/;

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
  const name = program.split("/").at(-1) ?? "";
  const remedy = "give the program and its arguments as a list, or make it a manual step with the exact command";
  if (SHELLS.has(name)) return [failing([...at, "program"], `${name} reads a text as commands`, remedy)];
  if (/\s/.test(program) || SHELL_SIGNS.test(program)) {
    return [failing([...at, "program"], "this is a command line, not a program", remedy)];
  }
  const list: readonly unknown[] = Array.isArray(args) ? args : [];
  const secrets = list.flatMap((arg, index) =>
    typeof arg === "string" && arg.includes("${secrets.")
      ? [
          failing(
            [...at, "args", index],
            "every user of the machine sees the arguments of programs",
            "let the program read the secret itself, or use a hook",
          ),
        ]
      : [],
  );
  const signs = list.flatMap((arg, index) =>
    typeof arg === "string" && /^(\||\|\||&&?|;|[0-9]?>{1,2}|<)$/.test(arg)
      ? [failing([...at, "args", index], `${arg} means something to a shell only, and no shell runs here`, remedy)]
      : [],
  );
  return [...secrets, ...signs];
}

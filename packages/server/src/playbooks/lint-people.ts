import type { PlaybookDocument, Step } from "./format.ts";
import type { PlacedStep } from "./placed-step.ts";
import { failing, warning } from "./problem.ts";
import type { Finding } from "./problem.ts";

/** Who is asked: roles that are not declared, that nobody needs, and approvals that say nothing of who gives them. */
export function lintPeople(document: PlaybookDocument, steps: readonly PlacedStep[]): Finding[] {
  const asked = steps.flatMap(({ step, path }) => asksOf(step, path));
  const used = new Set(asked.flatMap(({ role, escalateTo }) => [role, escalateTo]));
  const declared = (name: string | undefined) => name === undefined || Object.hasOwn(document.roles, name);
  return [
    ...asked.flatMap((ask) => [
      ...(declared(ask.role) ? [] : [unknownRole([...ask.path, "role"], ask.role)]),
      ...(declared(ask.escalateTo) ? [] : [unknownRole([...ask.path, "escalateTo"], ask.escalateTo)]),
      ...lintEscalation(ask),
      ...lintApprover(document, ask),
    ]),
    ...Object.keys(document.roles)
      .filter((name) => !used.has(name))
      .map((name) => warning(["roles", name], `no step asks the role ${name}`, "remove it, or name it in a step")),
  ];
}

interface Ask {
  readonly path: Finding["path"];
  readonly role: string | undefined;
  readonly escalateTo: string | undefined;
  readonly remindAfter: string | undefined;
  readonly approves: boolean;
}

function asksOf(step: Step, path: Finding["path"]): Ask[] {
  switch (step.type) {
    case "action":
      return step.approval === undefined ? [] : [askOf(step.approval, [...path, "approval"], true)];
    case "approval":
      return [askOf(step, path, true)];
    case "manual":
    case "decision":
      return [askOf(step, path, false)];
    case "verify":
    case "parallel":
    case "for-each":
    case "wait":
    case "sub-playbook":
      return [];
    default:
      return step satisfies never;
  }
}

type Asking = Partial<Readonly<Record<"role" | "escalateTo" | "remindAfter", string | undefined>>>;

function askOf({ role, escalateTo, remindAfter }: Asking, path: Finding["path"], approves: boolean): Ask {
  return { path, role, escalateTo, remindAfter, approves };
}

function unknownRole(path: Finding["path"], role: string | undefined): Finding {
  return failing(
    path,
    `there is no role ${role ?? ""} that could do this`,
    `declare it under roles: { ${role ?? ""}: { title: … } }`,
  );
}

function lintEscalation({ path, escalateTo, remindAfter }: Ask): Finding[] {
  if (escalateTo === undefined || remindAfter !== undefined) return [];
  return [
    failing([...path, "escalateTo"], "this never escalates: nothing says after what time", "add `remindAfter: 10m`"),
  ];
}

/** Whoever requests the run is refused as its approver when it runs; here it is about who else may say yes. */
function lintApprover({ roles }: PlaybookDocument, { path, role, approves }: Ask): Finding[] {
  if (!approves) return [];
  const access = role === undefined ? "responder" : roles[role]?.access;
  if (access !== "responder") return [];
  const message =
    "whoever may start this playbook may also approve this: two of them are enough to agree with each other";
  return [warning(path, message, "name a role with `access: commander`, and declare it under roles")];
}

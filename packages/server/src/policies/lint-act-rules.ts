import { POLICY_MODES } from "@firebreak/protocol";
import { ACT_FIELDS } from "@firebreak/sdk";
import { nearest } from "@firebreak/sigma/nearest";
import type { RuleInfo } from "@firebreak/sigma";
import { isMap, isScalar, isSeq, LineCounter, parseAllDocuments } from "yaml";
import type { Scalar } from "yaml";
import type { FileProblem } from "../kernel/index.ts";

/** @returns what keeps a rule, sound in itself, from being asked of a single act in a gate */
export function lintActRule({ kind, file, line, logsource = {}, custom }: RuleInfo): FileProblem[] {
  const problem = (message: string, remedy: string) => ({ file, line, column: 1, message, remedy });
  if (kind === "correlation") {
    const remedy = "Put it among the rules of detection; a budget or circuit breaker counts in the gate.";
    return [problem("the rule counts over time, and a gate judges single acts", remedy)];
  }
  const { product = "ai_agent", category = "agent_events" } = logsource;
  if (product.toLowerCase() !== "ai_agent" || category.toLowerCase() !== "agent_events") {
    const remedy = "Write logsource: { product: ai_agent, category: agent_events }.";
    return [problem(`gates present acts of ai_agent/agent_events, not of ${product}/${category}`, remedy)];
  }
  const mode = custom["mode"];
  if (mode === undefined || POLICY_MODES.some((known) => known === mode)) return [];
  return [problem(`firebreak.mode is ${JSON.stringify(mode)}`, `Use one of ${POLICY_MODES.join(", ")}.`)];
}

/** @returns the fields that rules of a file ask for and no act has: such a rule would never come true, or always */
export function lintActFields(file: string, text: string): FileProblem[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, logLevel: "silent" });
  if (!Array.isArray(documents)) return [];
  return documents.flatMap(({ contents, errors }) => {
    if (errors.length > 0 || !isMap(contents)) return [];
    return fieldsIn(contents.get("detection", true), 0).flatMap((key) => {
      const [field = ""] = key.value.split("|");
      if (field === "" || ACT_FIELDS.includes(field) || field.startsWith("arguments.")) return [];
      const { line, col } = lines.linePos(key.range?.[0] ?? 0);
      const near = nearest(field, ACT_FIELDS);
      const remedy = `${near === undefined ? "" : `Did you mean ${near}? `}Gates know ${ACT_FIELDS.join(", ")} and arguments.NAME.`;
      return { file, line, column: col, message: `an act has no field ${field}`, remedy };
    });
  });
}

/** @param depth 0 at the selections' names, which are no fields */
function fieldsIn(node: unknown, depth: number): Scalar<string>[] {
  if (isSeq(node)) return node.items.flatMap((item) => fieldsIn(item, depth));
  if (!isMap(node)) return [];
  return node.items.flatMap(({ key, value }) => {
    if (depth === 0) return fieldsIn(value, 1);
    return isText(key) ? [key] : [];
  });
}

function isText(node: unknown): node is Scalar<string> {
  return isScalar(node) && typeof node.value === "string";
}

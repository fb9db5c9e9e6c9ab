import path from "node:path";
import type { PlaybookImport } from "@firebreak/protocol";
import { FirebreakError } from "../../kernel/index.ts";
import type { KnownEffectors } from "../known-effectors.ts";
import { checkPlaybook } from "../load-playbooks.ts";
import { placeSteps } from "../placed-step.ts";
import { readPlaybook } from "../read-playbook.ts";
import { fromCacao } from "./from-cacao.ts";
import type { NodeReport } from "./reading.ts";

/**
 * Makes a playbook of a CACAO 2.0 file, with an account of every node. Nothing is run or stored.
 *
 * @throws FirebreakError invalid_body when it is no CACAO 2.0 playbook, or none that can be one of ours
 */
export function importCacao(
  text: string,
  { file, effectors }: { readonly file: string; readonly effectors: KnownEffectors },
): PlaybookImport {
  const reading = fromCacao(text);
  if (!reading.ok) {
    throw new FirebreakError(
      "invalid_body",
      `${path.basename(file)} cannot become a playbook: ${reading.problem}. To mend it: ${reading.remedy}.`,
    );
  }
  const head = `# Imported from ${path.basename(file)} (CACAO 2.0). Read it before it runs.\n`;
  const yaml = head + reading.yaml;
  const parsed = readPlaybook(file, yaml);
  const { id, title } = parsed.ok ? parsed.document : { id: "playbook", title: path.basename(file) };
  const { problems } = checkPlaybook(`${id}.yaml`, yaml, effectors);
  const source = text.split("\n");
  return {
    playbooks: [
      {
        id,
        title,
        fromLine: 1,
        toLine: source.length,
        steps: parsed.ok ? placeSteps(parsed.document).length : 0,
        yaml,
        problems: problems.map(({ level, line, column, message, remedy }) => ({
          level,
          line,
          column,
          message,
          remedy,
        })),
      },
    ],
    lines: reading.report.map((report) => lineOf(report, id, source)),
    warnings: [],
    added: [],
    contacts: [],
    severities: [],
  };
}

function lineOf(
  { node, became }: NodeReport,
  playbook: string,
  source: readonly string[],
): PlaybookImport["lines"][number] {
  // the node's own place is where its identifier is a key
  const at = source.findIndex((line) => line.includes(`"${node}":`)) + 1;
  const step = /\bstep ([a-z][a-z0-9_-]*)/.exec(became)?.[1] ?? null;
  const kind = /^(the start|the end|a part of|nothing)/.test(became)
    ? "separator"
    : became.startsWith("the decision")
      ? "decision"
      : "step";
  return {
    from: Math.max(at, 1),
    to: Math.max(at, 1),
    became: kind,
    understood: !became.startsWith("nothing"),
    playbook,
    step,
    effector: null,
    detail: `${node}: ${became}`,
  };
}

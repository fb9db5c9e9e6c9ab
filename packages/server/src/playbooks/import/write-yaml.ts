import { Document, isMap, isSeq } from "yaml";

/** A playbook as YAML that people edit: texts of several lines as blocks, and above each step what it came from. */
export function writeYaml(
  document: Readonly<Record<string, unknown>>,
  head: string,
  commentOf: (stepId: string) => string | undefined,
): string {
  const yaml = new Document(document);
  yaml.commentBefore = commentText(head);
  const phases = yaml.get("phases");
  if (isSeq(phases)) for (const phase of phases.items) commentSteps(phase, commentOf);
  return yaml.toString({ lineWidth: 0, blockQuote: "literal" });
}

function commentSteps(holder: unknown, commentOf: (stepId: string) => string | undefined): void {
  if (!isMap(holder)) return;
  const steps = holder.get("steps");
  if (!isSeq(steps)) return;
  for (const step of steps.items) {
    if (!isMap(step)) continue;
    const id = step.get("id");
    const comment = typeof id === "string" ? commentOf(id) : undefined;
    if (comment !== undefined) step.commentBefore = commentText(comment);
    const options = step.get("options");
    if (isSeq(options)) for (const option of options.items) commentSteps(option, commentOf);
  }
}

/** Control characters would end a comment, or hide what follows. */
const commentText = (text: string): string =>
  text
    .split("\n")
    // eslint-disable-next-line no-control-regex -- they are what is taken out
    .map((line) => ` ${line.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff]/g, " ")}`)
    .join("\n");

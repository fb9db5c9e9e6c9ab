import { z } from "zod";
import { playbookDocument } from "./format.ts";

/** The JSON Schema that editors use; `playbook.schema.json` beside this file is its committed text. */
export function playbookJsonSchema(): Record<string, unknown> {
  const generated = z.toJSONSchema(playbookDocument, { io: "input", target: "draft-2020-12" });
  return {
    ...generated,
    $id: "urn:firebreak:playbook",
    title: "Firebreak playbook",
  };
}

/** @returns the exact text of `playbook.schema.json` */
export function playbookJsonSchemaText(): string {
  return `${JSON.stringify(playbookJsonSchema(), null, 2)}\n`;
}

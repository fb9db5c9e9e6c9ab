import { policyFile } from "@firebreak/protocol";
import { z } from "zod";

/** @returns the exact text of `policy.schema.json` beside this file, which editors use */
export function policyJsonSchemaText(): string {
  const generated = z.toJSONSchema(policyFile, { io: "input", target: "draft-2020-12" });
  return `${JSON.stringify({ ...generated, $id: "urn:firebreak:policy", title: "Firebreak policy" }, null, 2)}\n`;
}

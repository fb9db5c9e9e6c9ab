import type { PlaybookImport } from "@firebreak/protocol";
import type { ImportOptions } from "./import/import-markdown.ts";

/**
 * Makes playbooks of a file: CACAO 2.0 when it is JSON, a runbook in Markdown otherwise. Nothing is run or stored. What
 * reads either is loaded by the first who imports.
 *
 * @throws FirebreakError payload_too_large, invalid_body
 */
export async function importFile(text: string, options: ImportOptions): Promise<PlaybookImport> {
  if (/^\uFEFF?\s*\{/.test(text)) {
    const { importCacao } = await import("./cacao/import-cacao.ts");
    return importCacao(text.replace(/^\uFEFF/, ""), options);
  }
  const { importMarkdown } = await import("./import/import-markdown.ts");
  return importMarkdown(text, options);
}

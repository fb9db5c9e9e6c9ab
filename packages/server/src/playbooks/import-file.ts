import type { PlaybookImport } from "@firebreak/protocol";
import { importCacao } from "./cacao/import-cacao.ts";
import { importMarkdown } from "./import/import-markdown.ts";
import type { ImportOptions } from "./import/import-markdown.ts";

/**
 * Makes playbooks of a file: CACAO 2.0 when it is JSON, a runbook in Markdown otherwise. Nothing is run or stored.
 *
 * @throws FirebreakError payload_too_large, invalid_body
 */
export async function importFile(text: string, options: ImportOptions): Promise<PlaybookImport> {
  return /^\uFEFF?\s*\{/.test(text) ? importCacao(text.replace(/^\uFEFF/, ""), options) : importMarkdown(text, options);
}

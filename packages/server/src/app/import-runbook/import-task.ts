import type { ErrorCode, PlaybookImport } from "@firebreak/protocol";
import type { Config, Profile } from "../../kernel/index.ts";

/** What a thread is given that makes playbooks of one file. */
export interface ImportTask {
  readonly text: string;
  /** name of the file, for titles and messages */
  readonly file: string;
  /** the folder that `~` means; null: it becomes an input */
  readonly home: string | null;
  readonly profile: Profile;
  readonly profilesDir: string;
  readonly config: Pick<Config, "databaseUrl" | "publicUrl" | "sandbox">;
}

/** What it says: once, and no more. */
export type ImportAnswer =
  | { readonly ok: true; readonly imported: PlaybookImport }
  /** what the text is refused for */
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string };

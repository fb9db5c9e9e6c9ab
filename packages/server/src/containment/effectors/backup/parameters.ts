import { z } from "zod";
import { homePath } from "../../../kernel/index.ts";

export const backupPath = homePath.refine((text) => !text.includes("\0"), "use an absolute path");

/** With which it is encrypted as `openssl enc -aes-256-cbc -pbkdf2` does; left out: it is not */
export const backupKey = z.string().min(1).max(1024).meta({ writeOnly: true }).optional();

import { z } from "zod";

export const backupPath = z
  .string()
  .max(4096)
  .refine((text) => text.startsWith("/") && !text.includes("\0"), "use an absolute path");

/** With which it is encrypted as `openssl enc -aes-256-cbc -pbkdf2` does; left out: it is not */
export const backupKey = z.string().min(1).max(1024).optional();

import { homedir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { homePath } from "../../../kernel/index.ts";
import type { Redactor } from "../../../redaction/index.ts";

/** What keeps secrets out of what is shown of commands. */
export type CommandMask = Pick<Redactor, "maskText" | "maskArguments">;

const word = z
  .string()
  .max(4096)
  .refine((text) => !text.includes("\0"), "a program takes no NUL characters");

/** One program and its arguments; there is no shell, so a text is what it is. */
export const commandShape = {
  program: z
    .string()
    .max(4096)
    .regex(/^(?:[A-Za-z0-9_][\w.+-]*|\/[^\0\n]+|~\/[^\0\n]+)$/, "use a program's name, or its absolute path"),
  args: z.array(word).max(200).default([]),
};
export const folder = homePath.optional();
export const timeoutMs = z.number().int().min(100).max(3_600_000);

/** `~/` in front is the home directory of Firebreak's user, as people write it; nothing else is put in the place of anything. */
export function inHome(text: string): string {
  return text.startsWith("~/") ? join(homedir(), text.slice(2)) : text;
}

/** @returns the command as a sentence shows it, without secrets */
export function showCommand(
  { program, args }: { readonly program: string; readonly args: readonly string[] },
  { maskArguments }: Pick<Redactor, "maskArguments">,
): string {
  const quote = (text: string) => (/^[\w./:=@%+,-]+$/.test(text) ? text : JSON.stringify(text));
  return [program, ...maskArguments(args)].map(quote).join(" ");
}

/**
 * The team's backup job of the drills, `backup-program.js FILE`: dumps the databases that the file names, encrypts each dump with
 * openssl, and says what became of it in a log. It ends with 1 when anything failed.
 */
import { spawnSync } from "node:child_process";
import { appendFileSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { sendToRedis } from "../services/send-to-redis.ts";

const job = z.object({
  keyFile: z.string(),
  log: z.string(),
  to: z.string(),
  postgres: z
    .object({ program: z.string(), port: z.number(), user: z.string(), password: z.string(), database: z.string() })
    .nullable(),
  redis: z.object({ port: z.number(), dump: z.string() }).nullable(),
});
type Job = z.infer<typeof job>;

const BYTES_MAX = 64 * 1024 * 1024;
const TIMEOUT_MS = 60_000;

function run(
  program: string,
  args: readonly string[],
  input: Buffer,
  env: Readonly<Record<string, string>> = {},
): Buffer {
  const options = { input, maxBuffer: BYTES_MAX, timeout: TIMEOUT_MS, env: { PATH: "/usr/bin:/bin", ...env } };
  const { status, stdout, stderr, error } = spawnSync(program, args, options);
  if (status === 0) return stdout;
  throw new Error(`${program} ended with ${status}: ${error?.message ?? stderr.toString("utf8").trim()}`);
}

function dumpPostgres({ program, port, user, password, database }: NonNullable<Job["postgres"]>): Buffer {
  const place = ["--host=127.0.0.1", `--port=${port}`, `--username=${user}`, "--no-password"];
  return run(program, [...place, "--format=custom", database], Buffer.alloc(0), { PGPASSWORD: password });
}

async function dumpRedis({ port, dump }: NonNullable<Job["redis"]>): Promise<Buffer> {
  const [answer = ""] = await sendToRedis(port, [["SAVE"]]);
  if (answer !== "+OK") throw new Error(`Redis does not save: ${answer}`);
  return readFileSync(dump);
}

/** Written under another name first: what is half done is no backup. */
function keep({ keyFile, to }: Job, name: string, dump: Buffer): void {
  const encrypted = run("openssl", ["enc", "-aes-256-cbc", "-pbkdf2", "-salt", "-pass", `file:${keyFile}`], dump);
  const stamp = new Date().toISOString().replaceAll(/\D/g, "").slice(0, 14);
  const file = path.join(to, `${name}_${stamp}.enc`);
  writeFileSync(`${file}.part`, encrypted);
  renameSync(`${file}.part`, file);
}

const known = job.parse(JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")));
const say = (text: string) => appendFileSync(known.log, `${new Date().toISOString()} ${text}\n`);
try {
  // no dump is made that could not be kept
  if (readFileSync(known.keyFile, "utf8").trim() === "") throw new Error("the encryption key is empty");
  if (known.postgres !== null) keep(known, "postgres", dumpPostgres(known.postgres));
  if (known.redis !== null) keep(known, "redis", await dumpRedis(known.redis));
  say("INFO backup done");
} catch (fault) {
  const message = fault instanceof Error ? fault.message : String(fault);
  say(`ERROR backup failed: ${message}`);
  process.stderr.write(`${message}\n`);
  process.exitCode = 1;
}

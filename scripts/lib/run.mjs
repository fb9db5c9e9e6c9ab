import { spawn } from "node:child_process";
import path from "node:path";

export const repository = path.resolve(import.meta.dirname, "../..");

/** @returns the path of a tool that a package brought along */
export function binary(name) {
  return path.join(repository, "node_modules", ".bin", name);
}

/**
 * Runs a program with the terminal's input and output.
 * @returns its exit code; 128 + n when signal n ended it is reported as 1
 */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: repository, stdio: "inherit", ...options });
    child.on("error", reject);
    child.on("exit", (code) => resolve(code ?? 1));
  });
}

/** Runs a program and keeps what it says. */
export function capture(command, args, options = {}) {
  return new Promise((resolve) => {
    const started = performance.now();
    const child = spawn(command, args, { cwd: repository, stdio: ["ignore", "pipe", "pipe"], ...options });
    let output = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (output += chunk));
    child.on("error", (error) => resolve({ code: 127, output: error.message, elapsedMs: 0 }));
    child.on("close", (code) => resolve({ code: code ?? 1, output, elapsedMs: performance.now() - started }));
  });
}

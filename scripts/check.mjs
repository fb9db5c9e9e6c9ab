// Format, lint, types, boundaries, audit rows and dead code, side by side, without any service.
import { binary, capture } from "./lib/run.mjs";

const node = process.execPath;
const CHECKS = [
  { name: "format", command: binary("oxfmt"), args: ["--check", "."], remedy: "npm run format" },
  { name: "lint", command: binary("oxlint"), args: ["--type-aware", "--quiet", "packages", "test", "bench"] },
  { name: "types", command: binary("tsc"), args: ["-p", "tsconfig.json"] },
  { name: "console types", command: binary("tsc"), args: ["-p", "packages/console/tsconfig.json"] },
  { name: "generated client", command: node, args: ["packages/console/scripts/generate-client.mjs", "--check"] },
  { name: "boundaries", command: node, args: ["scripts/boundaries.mjs"] },
  { name: "audit rows", command: node, args: ["scripts/audited.mjs"] },
  { name: "dead code", command: binary("knip"), args: ["--no-progress"] },
];

const started = performance.now();
const results = await Promise.all(
  CHECKS.map(async (check) => ({ ...check, ...(await capture(check.command, check.args)) })),
);
for (const result of results) {
  const verdict = result.code === 0 ? "ok" : "FAILED";
  process.stdout.write(`${verdict.padEnd(7)}${result.name} (${(result.elapsedMs / 1000).toFixed(1)} s)\n`);
}
const failed = results.filter((result) => result.code !== 0);
for (const result of failed) {
  process.stdout.write(`\n--- ${result.name}\n${result.output.trim()}\n`);
  if (result.remedy !== undefined) process.stdout.write(`Mend it with: ${result.remedy}\n`);
}
process.stdout.write(`\n${CHECKS.length - failed.length} of ${CHECKS.length} checks passed in `);
process.stdout.write(`${((performance.now() - started) / 1000).toFixed(1)} s\n`);
process.exit(failed.length === 0 ? 0 : 1);

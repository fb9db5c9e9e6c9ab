// `npm start [-- OPTIONS]`: builds what is missing, then runs `firebreak up OPTIONS` until Ctrl-C.
import { spawn } from "node:child_process";
import path from "node:path";
import { buildWhatIsMissing } from "./lib/build.mjs";
import { repository } from "./lib/run.mjs";

const code = await buildWhatIsMissing((line) => process.stdout.write(`${line}\n`));
if (code !== 0) process.exit(code);

const cli = path.join(repository, "packages/server/dist/program/firebreak.js");
// room for what is soon garbage, as the command `firebreak` has it
const options = ["--enable-source-maps", "--max-semi-space-size=64"];
const child = spawn(process.execPath, [...options, cli, "up", ...process.argv.slice(2)], { stdio: "inherit" });
// The terminal sends Ctrl-C to the child as well; this process only waits for the orderly end. A TERM from elsewhere
// reaches this process alone and is passed on.
process.on("SIGINT", () => {});
for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("exit", (exitCode) => process.exit(exitCode ?? 1));

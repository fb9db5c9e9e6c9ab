import { buildWhatIsMissing } from "./lib/build.mjs";

process.exit(await buildWhatIsMissing((line) => process.stdout.write(`${line}\n`)));

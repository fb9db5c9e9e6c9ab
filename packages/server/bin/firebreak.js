#!/usr/bin/env node
// npm links a command only when its file is there at install time; what is built comes later. So this file is not built.
import { existsSync } from "node:fs";

const main = new URL("../dist/program/firebreak.js", import.meta.url);
if (existsSync(main)) {
  await import(main.href);
} else {
  process.stderr.write("firebreak: it is not built yet.\nBuild it with: npm run build\n");
  process.exitCode = 1;
}

import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { programFile } from "../../kernel/index.ts";
import { findFreePort } from "./free-port.ts";
import { defineService } from "./service.ts";
import { makeKey, writeKeys } from "./upstream-keys.ts";

/** In the place of a service outside that agents call with a key: with a limit of calls, a store, and a log of who called. */
export const upstream = defineService({
  kind: "upstream",
  about:
    "a service outside that agents call with a key: at most `callsPerSecond` (50), an answer from its store, a log of who called",
  facts: ["port", "url", "callUrl", "key", "keyFile", "store", "calls", "folder"],
  parameters: z.strictObject({ callsPerSecond: z.number().int().min(1).max(1000).default(50) }),
  prepare: async (sandbox, name, { callsPerSecond }) => {
    const folder = path.join(sandbox.folder, "services", name);
    const store = path.join(folder, "store");
    mkdirSync(store, { recursive: true });
    writeFileSync(path.join(store, "answer.json"), JSON.stringify({ answer: "the sum is 42" }));
    const key = makeKey();
    writeKeys(folder, [key]);
    // what the agents of the team read their key from
    const keyFile = path.join(sandbox.folder, "user", `${name}.key`);
    writeFileSync(keyFile, `${key}\n`, { mode: 0o600 });
    const port = await findFreePort();
    const at = `http://127.0.0.1:${port}`;
    const start = [process.execPath, programFile("upstream-program"), folder, String(port), String(callsPerSecond)];
    return {
      facts: {
        port,
        folder,
        store,
        key,
        keyFile,
        url: `${at}/health`,
        callUrl: `${at}/v1/answer`,
        calls: path.join(folder, "access.log"),
        node: process.execPath,
        keysProgram: programFile("upstream-keys-program"),
      },
      entry: { command: { start, folder }, check: { kind: "http", url: `${at}/health` } },
    };
  },
});

import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { programFile } from "../../kernel/index.ts";
import { findFreePort } from "./free-port.ts";
import { defineService } from "./service.ts";

/**
 * A gateway in the place of OpenClaw's: a health page, an interface behind a token, and a log of who came. Where the sandbox has
 * a network of its own, other hosts of it reach the gateway.
 */
export const gateway = defineService({
  kind: "gateway",
  about:
    "a gateway in the place of OpenClaw's: a health page, all else behind a token, `workMs` for each request, a log of who came",
  facts: ["port", "folder", "tokens", "log", "health", "sessions"],
  parameters: z.strictObject({
    /** for each request, one after the other */
    workMs: z.number().int().min(0).max(1000).default(1),
  }),
  prepare: async (sandbox, name, { workMs }) => {
    const folder = path.join(sandbox.folder, "services", name);
    mkdirSync(folder);
    const [port, tokens, log] = [
      await findFreePort(),
      path.join(folder, "gateway.env"),
      path.join(folder, "requests.log"),
    ];
    writeFileSync(tokens, `GATEWAY_TOKEN=${randomBytes(24).toString("base64url")}\n`, { mode: 0o600 });
    writeFileSync(log, "");
    const settings = path.join(folder, "settings.json");
    const host = sandbox.isolation === "namespaces" ? "0.0.0.0" : "127.0.0.1";
    writeFileSync(settings, JSON.stringify({ host, port, tokens, log, workMs }));
    const url = `http://127.0.0.1:${port}`;
    const start = [process.execPath, programFile("gateway-program"), settings];
    return {
      facts: { port, folder, tokens, log, health: `${url}/health`, sessions: `${url}/sessions` },
      entry: { command: { start, folder }, check: { kind: "http", url: `${url}/health` }, logs: [log] },
    };
  },
});

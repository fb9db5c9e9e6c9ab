import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { findFreePort } from "./free-port.ts";
import { defineService } from "./service.ts";

/** Plain Node: `web.mjs PORT`. */
const PROGRAM = `import { createServer } from "node:http";
createServer((request, response) => {
  response.writeHead(request.url === "/health" ? 200 : 404).end("ok");
}).listen(Number(process.argv[2]), "127.0.0.1");
`;

/** A small web server with a health page, in the place of one that would take too long to start. */
export const web = defineService({
  kind: "web",
  about: "a small web server with a health page, in the place of one that would take too long to start",
  facts: ["port", "folder", "url"],
  parameters: z.strictObject({}),
  prepare: async (sandbox, name) => {
    const folder = path.join(sandbox.folder, "services", name);
    mkdirSync(folder);
    const program = path.join(folder, "web.mjs");
    writeFileSync(program, PROGRAM);
    const port = await findFreePort();
    const url = `http://127.0.0.1:${port}/health`;
    const start = [process.execPath, program, String(port)];
    return { facts: { port, folder, url }, entry: { command: { start, folder }, check: { kind: "http", url } } };
  },
});

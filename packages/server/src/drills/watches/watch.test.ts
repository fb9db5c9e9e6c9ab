import { once } from "node:events";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import os from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { SandboxApi } from "../sandbox/api.ts";
import { waitFor } from "../sandbox/wait.ts";
import { sumsOf } from "./checksums.ts";
import { keepWatch } from "./watch.ts";
import type { Watch } from "./watch.ts";

const dir = mkdtempSync(path.join(os.tmpdir(), "firebreak-watch-test-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** What a monitor reports, as the API would get it. */
function watching(...watches: Watch[]) {
  const reported: unknown[] = [];
  const refuse = () => Promise.reject(new Error("a monitor only reports"));
  const api: SandboxApi = {
    url: "",
    get: refuse,
    post: async (schema, apiPath, body) => {
      expect(apiPath).toBe("/events");
      reported.push(body);
      return schema.parse(null);
    },
  };
  const ending = new AbortController();
  const watch = keepWatch(api, watches, ending.signal);
  const sees = (data: object) =>
    waitFor(JSON.stringify(data), 10_000, async () => {
      const found = reported.find((one) => JSON.stringify(one).includes(JSON.stringify(data).slice(1, -1)));
      return found === undefined ? undefined : true;
    });
  const end = async () => {
    ending.abort();
    await watch;
  };
  return { reported, sees, end };
}

describe("L-4: the monitor of a drill reports what it really finds", () => {
  test("a port that stops accepting connections, once", async () => {
    const server = createServer((socket) => socket.destroy());
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const { reported, sees, end } = watching({ kind: "port", service: "redis", port });
    await sees({ service: "redis", status: "up" });
    server.close();
    await sees({ service: "redis", status: "down" });
    await end();
    expect(reported).toHaveLength(2);
  });

  test("who came to a gateway: sign-ins that were let in or sent away, and how long it took to answer", async () => {
    const log = path.join(dir, "requests.log");
    const line = (of: object) => `${JSON.stringify({ source: "203.0.113.7", path: "/sessions", ms: 3, ...of })}\n`;
    writeFileSync(log, line({ status: 401 }) + line({ status: 200 }) + line({ status: 503, path: "/health" }));
    const { reported, sees, end } = watching({ kind: "requests", service: "gateway", path: log });
    await sees({ duration_ms: 3 });
    await end();
    const seen = { service: "gateway", source_ip: "203.0.113.7", resource: "/sessions" };
    expect(reported.flat()).toMatchObject([
      { kind: "auth", outcome: "failure", data: { ...seen, status: 401 } },
      { kind: "auth", outcome: "success", data: { ...seen, status: 200 } },
      { kind: "network", data: { resource: "/health", status: 503, duration_ms: 3 } },
    ]);
  });

  test("a disk, as soon as it is there; each whole new line of a log", async () => {
    const log = path.join(dir, "app.log");
    writeFileSync(log, "first\nhalf of");
    const absent = path.join(dir, "absent");
    const { reported, sees, end } = watching(
      { kind: "disk", path: dir },
      { kind: "disk", path: absent },
      { kind: "log", service: "app", path: log },
    );
    await sees({ message: "first" });
    appendFileSync(log, " the second\n");
    await sees({ message: "half of the second" });
    await end();
    const text = JSON.stringify(reported);
    expect(text).toContain(`"path":${JSON.stringify(dir)}`);
    expect(text).not.toContain("absent");
  });

  test("a file that is not as its sum says, once; what is not there yet is not told", async () => {
    const [folder, sums] = [path.join(dir, "artifacts"), path.join(dir, "sums")];
    const { reported, sees, end } = watching({ kind: "checksums", service: "artifacts", folder, sums });
    mkdirSync(folder);
    for (const name of ["a", "b"]) writeFileSync(path.join(folder, name), name);
    writeFileSync(sums, sumsOf(folder, ["a", "b"]));
    writeFileSync(path.join(folder, "b"), "c");
    await sees({ message: "checksum mismatch: b" });
    writeFileSync(path.join(folder, "b"), "b");
    await sees({ message: "all as they should be" });
    await end();
    expect(reported.flat()).toHaveLength(2);
  });
});

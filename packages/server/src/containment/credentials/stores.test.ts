import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text as readAll } from "node:stream/consumers";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { SystemRun } from "../system-program.ts";
import { readVariable, writeVariable } from "./env-file-store.ts";
import { fileStore } from "./file-store.ts";
import { generateValue } from "./generate-value.ts";
import { keychainStore } from "./keychain-store.ts";
import { vaultStore } from "./vault-store.ts";

const OLD = "old-secret-value-0123456789";
let directory = "";
let servers: Server[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "fb-stores-"));
});
afterEach(async () => {
  for (const one of servers.splice(0)) {
    one.close();
    await once(one, "close");
  }
  rmSync(directory, { recursive: true, force: true });
});

describe("C-6: stores", () => {
  test("a new file is the owner's alone; a directory that is gone is named", async () => {
    const store = fileStore(join(directory, "new"));
    expect(await store.read()).toBeNull();
    await store.write("value-of-some-length");
    expect(statSync(join(directory, "new")).mode & 0o777).toBe(0o600);
    chmodSync(join(directory, "new"), 0o644);
    await store.write("another-value-of-it");
    expect(statSync(join(directory, "new")).mode & 0o777).toBe(0o644);
    await expect(fileStore(join(directory, "none/x")).write("v")).rejects.toThrow("cannot be written (ENOENT)");
  });

  test("one variable of an environment file changes, and no other line (property)", () => {
    const line = fc.oneof(
      fc.constantFrom("", "# API_KEY=no", "OTHER='x y' # c", "  export B=2", "not a line", "API_KEY_2=z", 'X="a # b"'),
      fc.stringMatching(/^[A-J]{1,5}=[a-z"' #]{0,8}$/),
    );
    const value = fc.stringMatching(/^[ -&(-~]{8,40}$/);
    const set = fc.constantFrom("API_KEY=old", "export API_KEY = 'old' # why", 'API_KEY="o\\"ld"', "API_KEY=");
    fc.assert(
      fc.property(fc.array(line), fc.array(line), set, value, (before, after, own, given) => {
        fc.pre(![...before, ...after].some((one) => one.startsWith("API_KEY=")));
        const changed = writeVariable([...before, own, ...after].join("\n"), "API_KEY", given);
        expect(readVariable(changed, "API_KEY")).toBe(given);
        const lines = changed.split("\n");
        expect(lines.filter((_, at) => at !== before.length)).toEqual([...before, ...after]);
        expect(lines[before.length]?.endsWith(" # why")).toBe(own.endsWith(" # why"));
      }),
    );
    expect(writeVariable("A=1", "API_KEY", "value")).toBe("A=1\nAPI_KEY=value\n");
    expect(writeVariable("API_KEY=1\r\nB=2\r\n", "API_KEY", "value")).toBe("API_KEY=value\r\nB=2\r\n");
    expect(writeVariable("API_KEY=1\nAPI_KEY=2\n", "API_KEY", "value"), "the old value is nowhere").not.toMatch(
      /=[12]/,
    );
    expect(() => writeVariable("", "API_KEY", "it's")).toThrow("quotes");
  });

  test("generated values have their length and alphabet, and differ", () => {
    expect(generateValue({ length: 64, alphabet: "hex" })).toMatch(/^[0-9a-f]{64}$/);
    expect(generateValue({ length: 512, alphabet: "base64url" })).toMatch(/^[\w-]{512}$/);
    const many = Array.from({ length: 1000 }, () => generateValue({ length: 16, alphabet: "alphanumeric" }));
    expect(new Set(many).size).toBe(1000);
  });

  test("the keychain of macOS gets the value on standard input, never as an argument", async () => {
    const calls: { command: readonly string[]; input?: string }[] = [];
    let answer: Partial<SystemRun> = { code: 44 };
    const run = async (command: readonly string[], { input }: { input?: string }): Promise<SystemRun> => {
      calls.push(input === undefined ? { command } : { command, input });
      return { code: 0, stdout: "", stderr: "", problem: null, ...answer };
    };
    const store = keychainStore({ kind: "keychain", service: "vendor", account: "agent" }, 1000, run);
    expect(await store.read()).toBeNull();
    answer = { stdout: "value\n" };
    expect(await store.read()).toBe("value");
    answer = {};
    await store.write("new value");
    expect(calls).toEqual([
      { command: ["security", "find-generic-password", "-s", "vendor", "-a", "agent", "-w"] },
      { command: ["security", "find-generic-password", "-s", "vendor", "-a", "agent", "-w"] },
      {
        command: ["security", "-i"],
        input: 'add-generic-password -U -s "vendor" -a "agent" -X 6e65772076616c7565\n',
      },
    ]);
    answer = { stderr: "security: SecKeychainItemCreate: User interaction is not allowed.\n" };
    await expect(store.write("new value")).rejects.toThrow("is the keychain unlocked?");
  });
});

/** Vault's KV version 2 as its documents describe it, for one secret; anything else is a failed test. */
async function startVault(state: { version: number; data: Record<string, unknown> | null }) {
  const wrong: string[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const { method, url, headers } = request;
      const body = await readAll(request);
      const answer = (status: number, json: unknown) =>
        response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(json));
      if (url !== "/v1/kv/apps/data/agents/vendor") wrong.push(`${method} ${url}`);
      if (headers["x-vault-request"] !== "true") wrong.push("no X-Vault-Request");
      if (headers["x-vault-namespace"] !== "team") wrong.push("no namespace");
      if (headers["x-vault-token"] !== "vault-token") return answer(403, { errors: ["permission denied"] });
      const metadata = { version: state.version };
      if (method === "GET") {
        if (state.version === 0) return answer(404, { errors: [] });
        return answer(state.data === null ? 404 : 200, { data: { data: state.data, metadata } });
      }
      const given: { options?: { cas?: number }; data?: Record<string, unknown> } = JSON.parse(body);
      if (method !== "POST" || headers["content-type"] !== "application/json") wrong.push(`${method}`);
      if (given.options?.cas !== state.version) {
        return answer(400, { errors: ["check-and-set parameter did not match the current version"] });
      }
      Object.assign(state, { version: state.version + 1, data: given.data ?? null });
      return answer(200, { data: { version: state.version } });
    })();
  });
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" ? (address?.port ?? 0) : 0}`;
  const settings = {
    kind: "vault" as const,
    url,
    mount: "kv/apps",
    path: "agents/vendor",
    key: "api_key",
    namespace: "team",
    tokenEnv: "VAULT_TOKEN",
  };
  const open = (token: string | undefined) =>
    vaultStore(settings, { readSecret: async () => token, fetchFrom: fetch, timeoutMs: 2_000 });
  return { open, wrong };
}

describe("C-6: HashiCorp Vault", () => {
  test("one key changes and the others stay; what is new, deleted or empty is written too", async () => {
    for (const state of [
      { version: 3, data: { api_key: OLD, user: "agent" } },
      { version: 4, data: null },
      { version: 0, data: null },
    ]) {
      const others = state.data === null ? {} : { user: "agent" };
      const { open, wrong } = await startVault(state);
      const store = open("vault-token");
      expect(await store.read()).toBe(state.data === null ? null : OLD);
      await store.write("new-value");
      expect(state.data).toEqual({ ...others, api_key: "new-value" });
      expect(await store.read()).toBe("new-value");
      expect(wrong).toEqual([]);
    }
  });

  test("a version that somebody wrote meanwhile is read again and kept", async () => {
    const state = { version: 1, data: { api_key: OLD } as Record<string, unknown> };
    let reads = 0;
    const racing = new Proxy(state, {
      get: (target, name: keyof typeof state) => {
        // between the first reading and the first writing
        if (name === "version" && ++reads === 4)
          Object.assign(target, { version: 2, data: { ...target.data, user: "new" } });
        return target[name];
      },
    });
    const { open } = await startVault(racing);
    await open("vault-token").write("new-value");
    expect(state).toEqual({ version: 3, data: { api_key: "new-value", user: "new" } });
  });

  test("a wrong or missing token and a server that is away are named without any secret", async () => {
    const { open } = await startVault({ version: 1, data: {} });
    await expect(open("wrong-token").read()).rejects.toThrow(
      "Vault answered 403 to the reading of kv/apps/data/agents/vendor",
    );
    await expect(open(undefined).read()).rejects.toThrow("set VAULT_TOKEN, or the file secrets/VAULT_TOKEN");
    for (const one of servers.splice(0)) await new Promise((resolve) => one.close(resolve));
    await expect(open("vault-token").write("new-value")).rejects.toThrow(/does not answer \(ECONNREFUSED\)$/);
  });
});

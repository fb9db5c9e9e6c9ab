import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readServerFile, removeServerFile, writeServerFile } from "./server-file.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(path.join(os.tmpdir(), "firebreak-server-file-"));
});
afterEach(() => rmSync(home, { recursive: true }));

const address = { pid: 42, url: "http://127.0.0.1:8080", startedAt: "2026-01-02T03:04:05.000Z" };

test("what was written is read, by its owner alone", () => {
  expect(readServerFile(home)).toBeNull();
  writeServerFile(home, address);
  expect(readServerFile(home)).toEqual(address);
  expect(statSync(path.join(home, "server.json")).mode & 0o077).toBe(0);
});

test.each(["", "{", "[]", "null", '{"pid":1}', '{"pid":1,"url":"file:///etc/passwd","startedAt":""}'])(
  "%j is no address, and no fault",
  (text) => {
    writeFileSync(path.join(home, "server.json"), text);
    expect(readServerFile(home)).toBeNull();
  },
);

test("a server that ends removes its own file, not that of the next one", () => {
  writeServerFile(home, address);
  removeServerFile(home, 41);
  expect(readServerFile(home)).toEqual(address);
  removeServerFile(home, 42);
  expect(readdirSync(home)).toEqual([]);
  removeServerFile(home, 42);
});

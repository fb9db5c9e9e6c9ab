import { generateKeyPairSync, sign } from "node:crypto";
import { assert, property, string } from "fast-check";
import { describe, expect, it } from "vitest";
import {
  formatCheckpoint,
  formatVerifierKey,
  isSignedBy,
  parseCheckpoint,
  parseNote,
  parseProofFile,
  parseVerifierKey,
  readBundle,
  signNote,
  tilePath,
} from "./index.ts";

/** From the documentation of Go's golang.org/x/mod/sumdb/note. */
const GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const GO_NOTE =
  "If you think cryptography is the answer to your problem,\n" +
  "then you don't know what your problem is.\n\n" +
  "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

describe("E-4: signed notes and checkpoints", () => {
  it("verify what another implementation signed", () => {
    const key = parseVerifierKey(GO_KEY);
    const note = parseNote(GO_NOTE);
    if (key === undefined || note === undefined) throw new Error("the published note was not read");
    expect(isSignedBy(note, [key])).toBe(true);
    const changed = parseNote(GO_NOTE.replace("answer", "anwser"));
    expect(changed !== undefined && isSignedBy(changed, [key])).toBe(false);
  });

  it("are read as they were written, and by their key alone", () => {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    const raw = Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url");
    const checkpoint = { origin: "firebreak/test", size: 12, root: Buffer.alloc(32, 7) };
    const text = formatCheckpoint(checkpoint);
    const note = signNote(text, {
      name: "firebreak/test",
      publicKey: raw,
      sign: (bytes) => sign(null, bytes, privateKey),
    });
    const read = parseNote(note);
    const key = parseVerifierKey(formatVerifierKey("firebreak/test", raw));
    if (read === undefined || key === undefined) throw new Error("what was written was not read");
    expect(parseCheckpoint(read.text)).toEqual(checkpoint);
    expect(isSignedBy(read, [key])).toBe(true);
    const witnessed = parseNote(`${note}\u2014 witness.example ${Buffer.alloc(68, 1).toString("base64")}\n`);
    expect(witnessed !== undefined && isSignedBy(witnessed, [key])).toBe(true);
    expect(isSignedBy(read, [{ ...key, name: "other" }])).toBe(false);
    expect(isSignedBy(read, [])).toBe(false);
  });

  it.each(["", "a\nb\nc\n", "log\n01\nAAAA\n", "log\n1\nAAAA\n", `log\n-1\n${Buffer.alloc(32).toString("base64")}\n`])(
    "refuse %j as a checkpoint",
    (text) => expect(parseCheckpoint(text)).toBeUndefined(),
  );

  it("never throw on hostile text", () => {
    assert(
      property(string({ unit: "binary", maxLength: 300 }), (text) => {
        for (const hostile of [text, `${text}\n\n\u2014 ${text}\n`, `c2sp.org/tlog-proof@v1\nindex ${text}\n\n`]) {
          parseNote(hostile);
          parseCheckpoint(hostile);
          parseProofFile(hostile);
          parseVerifierKey(hostile);
          readBundle(Buffer.from(hostile));
        }
      }),
    );
  });

  it("name tiles as C2SP tlog-tiles does", () => {
    expect(tilePath({ level: 0, index: 1234067, width: 256 })).toBe("tile/0/x001/x234/067");
    expect(tilePath({ level: 1, index: 0, width: 17 })).toBe("tile/1/000.p/17");
  });
});

import { createHash } from "node:crypto";
import { array, assert, integer, property, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { hashLeaf, TILE_WIDTH, TreeReader, verifyConsistency, verifyInclusion } from "./index.ts";

/** RFC 6962 section 2.1, word for word and apart from the code under test. */
function naiveRoot(entries: readonly Uint8Array[]): Buffer {
  const sha256 = (...parts: Uint8Array[]) => createHash("sha256").update(Buffer.concat(parts)).digest();
  if (entries.length === 0) return sha256();
  const [only] = entries;
  if (entries.length === 1 && only !== undefined) return sha256(Buffer.of(0), only);
  let split = 1;
  while (split * 2 < entries.length) split *= 2;
  return sha256(Buffer.of(1), naiveRoot(entries.slice(0, split)), naiveRoot(entries.slice(split)));
}

/** Tiles of every level, made by taking roots of slices. */
function readerOf(entries: readonly Uint8Array[]): TreeReader {
  return new TreeReader(entries.length, async ({ level, index, width }) => {
    const span = TILE_WIDTH ** level;
    return Buffer.concat(
      Array.from({ length: width }, (_, place) => {
        const start = (index * TILE_WIDTH + place) * span;
        return level === 0
          ? hashLeaf(entries[start] ?? Buffer.alloc(0))
          : naiveRoot(entries.slice(start, start + span));
      }),
    );
  });
}

const leaves = (count: number) => Array.from({ length: count }, (_, at) => Buffer.from(`leaf ${at}`));

describe("E-4: the tree", () => {
  it.each([0, 1, 2, 3, 7, 8, 255, 256, 257, 511, 513, 700])("of %i leaves has the root of RFC 6962", async (size) => {
    const entries = leaves(size);
    expect(await readerOf(entries).root()).toEqual(naiveRoot(entries));
  });

  it("has the published roots of the certificate transparency test vectors", async () => {
    const entries = [
      "",
      "00",
      "10",
      "2021",
      "3031",
      "40414243",
      "5051525354555657",
      "606162636465666768696a6b6c6d6e6f",
    ];
    const roots = [
      "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
      "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
      "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
      "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
      "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
      "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
      "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    for (const [at, root] of roots.entries()) {
      const some = entries.slice(0, at + 1).map((text) => Buffer.from(text, "hex"));
      expect((await readerOf(some).root()).toString("hex")).toBe(root);
    }
  });

  it("proves every leaf, and nothing else", async () => {
    const entries = leaves(300);
    const tree = readerOf(entries);
    for (const size of [1, 2, 5, 8, 256, 257, 300]) {
      const root = naiveRoot(entries.slice(0, size));
      for (const index of new Set([0, 1, Math.floor(size / 2), size - 1])) {
        if (index >= size) continue;
        const path = await tree.inclusionProof(index, size);
        const proof = { index, size, root, path, leafHash: hashLeaf(entries[index] ?? "") };
        expect(verifyInclusion(proof), `${index} of ${size}`).toBe(true);
        expect(verifyInclusion({ ...proof, leafHash: hashLeaf("other") })).toBe(false);
        expect(verifyInclusion({ ...proof, index: index + 1 })).toBe(false);
        expect(verifyInclusion({ ...proof, path: [...path, root] })).toBe(false);
        expect(path.length > 0 && verifyInclusion({ ...proof, path: path.slice(1) })).toBe(false);
      }
    }
  });

  it("proves that a tree goes on from an earlier one, and that another does not", async () => {
    const entries = leaves(270);
    const tree = readerOf(entries);
    const other = [...entries];
    other[3] = Buffer.from("changed");
    for (const [from, to] of [
      [1, 2],
      [3, 7],
      [4, 8],
      [6, 8],
      [255, 257],
      [256, 270],
      [128, 270],
      [270, 270],
    ] as const) {
      const path = await tree.consistencyProof(from, to);
      const roots = { fromRoot: naiveRoot(entries.slice(0, from)), toRoot: naiveRoot(entries.slice(0, to)) };
      expect(verifyConsistency({ from, to, ...roots, path }), `${from} to ${to}`).toBe(true);
      const changed = { ...roots, fromRoot: naiveRoot([...other.slice(0, from), Buffer.from("x")].slice(-from)) };
      expect(verifyConsistency({ from, to, ...changed, path })).toBe(false);
      expect(from !== to && verifyConsistency({ from, to, ...roots, path: path.slice(1) })).toBe(false);
    }
  });

  it("takes no hostile proof for a proof, and never throws", () => {
    const hash = uint8Array({ minLength: 30, maxLength: 33 });
    const number = integer({ min: -2, max: 600 });
    assert(
      property(number, number, hash, hash, array(hash, { maxLength: 12 }), (first, second, left, right, path) => {
        expect(verifyInclusion({ index: first, size: second, leafHash: left, root: right, path })).toBe(false);
        const isSame = first === second && first > 0 && path.length === 0 && Buffer.compare(left, right) === 0;
        expect(verifyConsistency({ from: first, to: second, fromRoot: left, toRoot: right, path })).toBe(
          isSame && left.length === 32,
        );
      }),
    );
  });
});

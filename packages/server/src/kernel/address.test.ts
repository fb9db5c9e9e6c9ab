import * as fc from "fast-check";
import { expect, test } from "vitest";
import { formatNetwork, networksOverlap, parseAddressOrNetwork } from "./address.ts";
import type { Network } from "./address.ts";

const network: fc.Arbitrary<Network> = fc
  .constantFrom<32 | 128>(32, 128)
  .chain((width) =>
    fc
      .integer({ min: 0, max: width })
      .chain((length) =>
        fc.bigInt({ min: 0n, max: (1n << BigInt(length)) - 1n }).map((bits) => ({ bits, width, length })),
      ),
  );

test("C-4: what is written of a network is read as the same network", () => {
  fc.assert(
    fc.property(network, (one) => {
      const text = formatNetwork(one);
      // IPv4 within IPv6 is IPv4
      fc.pre(!text.startsWith("::ffff:"));
      expect(parseAddressOrNetwork(text)).toEqual(one);
    }),
  );
});

test("C-4: networks overlap when one holds the other's first address", () => {
  const first = ({ bits, width, length }: Network) => bits << BigInt(width - length);
  const holds = (outer: Network, inner: Network) =>
    outer.width === inner.width &&
    outer.length <= inner.length &&
    first(inner) >> BigInt(inner.width - outer.length) === outer.bits;
  fc.assert(
    fc.property(network, network, (one, other) => {
      expect(networksOverlap(one, other)).toBe(holds(one, other) || holds(other, one));
      expect(networksOverlap(one, one)).toBe(true);
    }),
  );
});

test("C-4: nothing that is no address is read as one", () => {
  for (const text of [
    "",
    "/",
    "1.2.3.4/",
    "/24",
    "1.2.3.4/33",
    "1.2.3.4/2/4",
    "300.1.1.1",
    "::/129",
    "a.b.c.d",
    "1.2.3.4;",
    "1.2.3.4/-1",
    "1.2.3.4/ 8",
  ]) {
    expect(parseAddressOrNetwork(text), text).toBeUndefined();
  }
});

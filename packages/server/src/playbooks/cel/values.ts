import { isCelList, isCelMap, isCelUint } from "@bufbuild/cel";
import type { CelInput } from "@bufbuild/cel";

const DEPTH_MAX = 20;
const MEMBERS_MAX = 50_000;

/**
 * A value of JSON shape as CEL takes it: whole numbers are integers, so that they count and index.
 *
 * @throws RangeError when it is larger than an expression may look at
 */
export function toCel(value: unknown): CelInput {
  let members = 0;
  const convert = (one: unknown, depth: number): CelInput => {
    members += 1;
    if (depth > DEPTH_MAX || members > MEMBERS_MAX) throw new RangeError("what the expression reads is too large");
    if (typeof one === "number") return Number.isSafeInteger(one) ? BigInt(one) : one;
    if (typeof one === "string" || typeof one === "boolean" || one === null) return one;
    if (Array.isArray(one)) return one.map((item) => convert(item, depth + 1));
    if (typeof one !== "object") return null;
    return new Map(
      Object.entries(one).flatMap(([key, member]) =>
        member === undefined ? [] : [[key, convert(member, depth + 1)] as const],
      ),
    );
  };
  return convert(value, 0);
}

/**
 * What an expression came to, as JSON has it.
 *
 * @throws TypeError for what JSON has no word for: bytes, types, times
 */
/** Keys of maps are texts, numbers and booleans. */
function keyText(key: unknown): string {
  const plain = fromCel(key);
  return typeof plain === "string" ? plain : JSON.stringify(plain);
}

export function fromCel(value: unknown, depth = 0): unknown {
  if (depth > DEPTH_MAX) throw new RangeError("the result is nested too deeply");
  if (typeof value === "string" || typeof value === "boolean" || value === null) return value;
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  if (isCelUint(value)) return Number(value.value);
  if (isCelList(value)) return [...value].map((item) => fromCel(item, depth + 1));
  if (isCelMap(value)) {
    return Object.fromEntries([...value].map(([key, member]) => [keyText(key), fromCel(member, depth + 1)]));
  }
  throw new TypeError("the result is neither a text, number, boolean, list nor map");
}

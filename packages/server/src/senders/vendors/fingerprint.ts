/** FNV-1a of 64 bits, in two halves of 32: the offset basis, and the prime 2^40 + 0x1b3. */
const OFFSET = { high: 0xcbf29ce4, low: 0x84222325 };
const PRIME_LOW = 0x1b3;
const PRIME_SHIFT = 8;
const HALF = 2 ** 32;
const SEPARATOR = Buffer.of(255);

/** @returns whether a text has the form of a fingerprint */
export function isFingerprint(text: unknown): text is string {
  return typeof text === "string" && /^[0-9a-f]{16}$/.test(text);
}

/**
 * The fingerprint that Prometheus and Alertmanager give a set of labels (prometheus/common model.LabelSet.Fingerprint):
 * FNV-1a over name, 0xFF, value, 0xFF in order of the names.
 *
 * @returns 16 hexadecimal digits
 */
export function fingerprintOf(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => [Buffer.from(name), Buffer.from(value)] as const);
  pairs.sort(([a], [b]) => Buffer.compare(a, b));
  let { high, low } = OFFSET;
  for (const bytes of pairs.flatMap(([name, value]) => [name, SEPARATOR, value, SEPARATOR])) {
    for (const byte of bytes) {
      low = (low ^ byte) >>> 0;
      const product = low * PRIME_LOW;
      high = (high * PRIME_LOW + Math.floor(product / HALF) + ((low << PRIME_SHIFT) >>> 0)) >>> 0;
      low = product >>> 0;
    }
  }
  return hex(high) + hex(low);
}

function hex(half: number): string {
  return half.toString(16).padStart(8, "0");
}

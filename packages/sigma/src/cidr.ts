const IPV4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;
const GROUP = /^[0-9a-f]{1,4}$/i;
/** The longest IPv6 text has 45 characters; a zone (`%eth0`) may follow. */
const ADDRESS_CHARS_MAX = 64;

/** An IPv4 address as an unsigned 32-bit number, or undefined. */
export function parseIpv4(text: string): number | undefined {
  const parts = IPV4.exec(text)?.slice(1).map(Number);
  if (parts === undefined || parts.some((part) => part > 255)) return undefined;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

/** The eight 16-bit groups of an IPv6 address (RFC 4291), with or without a zone, or undefined. */
export function parseIpv6(text: string): readonly number[] | undefined {
  const bare = text.split("%", 1)[0] ?? "";
  if (!bare.includes(":") || bare.length > ADDRESS_CHARS_MAX) return undefined;
  const halves = bare.split("::");
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map(parseGroups);
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined;
  if (tail === undefined) return head.length === 8 ? head : undefined;
  const gap = 8 - head.length - tail.length;
  return gap < 1 ? undefined : [...head, ...Array.from({ length: gap }, () => 0), ...tail];
}

function parseGroups(text: string): number[] | undefined {
  const groups: number[] = [];
  const parts = text === "" ? [] : text.split(":");
  for (const [index, part] of parts.entries()) {
    const ipv4 = index === parts.length - 1 ? parseIpv4(part) : undefined;
    if (ipv4 !== undefined) groups.push(Math.floor(ipv4 / 65_536), ipv4 % 65_536);
    else if (GROUP.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

/** A test for membership in an IPv4 or IPv6 network; undefined when it is no network. */
export function compileCidr(network: string): ((text: string) => boolean) | undefined {
  const [address = "", length, ...rest] = network.split("/");
  if (rest.length > 0 || (length !== undefined && !/^\d{1,3}$/.test(length))) return undefined;
  const ipv4 = parseIpv4(address);
  if (ipv4 !== undefined) return compileIpv4(ipv4, length === undefined ? 32 : Number(length));
  const ipv6 = parseIpv6(address);
  return ipv6 === undefined ? undefined : compileIpv6(ipv6, length === undefined ? 128 : Number(length));
}

function compileIpv4(base: number, bits: number): ((text: string) => boolean) | undefined {
  if (bits > 32) return undefined;
  const size = 2 ** (32 - bits);
  const first = Math.floor(base / size);
  return (text) => {
    const candidate = text.length > ADDRESS_CHARS_MAX ? undefined : (parseIpv4(text) ?? mappedIpv4(text));
    return candidate !== undefined && Math.floor(candidate / size) === first;
  };
}

/** `::ffff:10.0.0.1` is the IPv4 host 10.0.0.1, whichever way a log writes it. */
function mappedIpv4(text: string): number | undefined {
  const groups = parseIpv6(text);
  if (groups === undefined || groups[5] !== 0xffff || groups.slice(0, 5).some((group) => group !== 0)) return undefined;
  return (groups[6] ?? 0) * 65_536 + (groups[7] ?? 0);
}

function compileIpv6(base: readonly number[], bits: number): ((text: string) => boolean) | undefined {
  if (bits > 128) return undefined;
  const masks = base.map((_, index) => {
    const own = Math.min(16, Math.max(0, bits - index * 16));
    return (0xffff << (16 - own)) & 0xffff;
  });
  return (text) => {
    const candidate = text.length > ADDRESS_CHARS_MAX ? undefined : parseIpv6(text);
    return candidate?.every((group, index) => ((group ^ (base[index] ?? 0)) & (masks[index] ?? 0)) === 0) ?? false;
  };
}

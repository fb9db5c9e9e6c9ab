const ADDRESS = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;

/** An IPv4 address as an unsigned 32-bit number, or undefined. */
export function parseIpv4(text: string): number | undefined {
  const parts = ADDRESS.exec(text)?.slice(1).map(Number);
  if (parts === undefined || parts.some((part) => part > 255)) return undefined;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

/** A test for membership in an IPv4 network; `"ipv6"` for the family that is missing; undefined when it is no network. */
export function compileCidr(network: string): ((text: string) => boolean) | "ipv6" | undefined {
  if (network.includes(":")) return "ipv6";
  const [address = "", length = "32", ...rest] = network.split("/");
  const base = parseIpv4(address);
  const bits = /^\d{1,2}$/.test(length) ? Number(length) : Number.NaN;
  if (base === undefined || rest.length > 0 || !(bits >= 0 && bits <= 32)) return undefined;
  const size = 2 ** (32 - bits);
  const first = Math.floor(base / size);
  return (text) => {
    if (text.length > 15) return false;
    const candidate = parseIpv4(text);
    return candidate !== undefined && Math.floor(candidate / size) === first;
  };
}

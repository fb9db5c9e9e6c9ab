import { RE2JS } from "re2js";

/** @returns the named parts of a path that fits, else undefined */
export type MatchPath = (path: string) => Readonly<Record<string, string>> | undefined;

const TOKEN = /\*\*\/|\*\*|\*|\?|\{([a-z]+)\}|[^]/g;

/**
 * Compiles a pattern of paths: `*` and `?` stay within one part, `**` crosses parts, `{name}` stands for one part or what
 * is left of it and gives it a name.
 *
 * @throws Error when a name stands twice in it
 */
export function compilePathPattern(pattern: string): MatchPath {
  const names: string[] = [];
  const source = pattern.replaceAll(TOKEN, (token: string, name: string | undefined) => {
    if (token === "**/") return "(?:.*/)?";
    if (token === "**") return ".*";
    if (token === "*") return "[^/]*";
    if (token === "?") return "[^/]";
    if (name === undefined) return RE2JS.quote(token);
    names.push(name);
    return `(?P<${name}>[^/]+?)`;
  });
  const compiled = RE2JS.compile(`^${source}$`, RE2JS.DOTALL);
  return (path) => {
    const matcher = compiled.matcher(path);
    if (!matcher.find()) return undefined;
    return Object.fromEntries(names.map((name) => [name, matcher.group(name) ?? ""]));
  };
}

/** Which lines of a playbook's YAML belong to which step: from its `- id:` to the next line that stands as far left. */

const STEP_START = /^(\s*)-\s+id:\s*["']?([\w-]+)/;

/** @returns the innermost step of each line, counted from 0; null where it belongs to none */
export function stepOfLines(yaml: string): readonly (string | null)[] {
  const open: { readonly indent: number; readonly id: string }[] = [];
  return yaml.split("\n").map((line) => {
    const indent = line.search(/\S/);
    if (indent === -1) return open.at(-1)?.id ?? null;
    while (open.length > 0 && indent <= (open.at(-1)?.indent ?? 0)) open.pop();
    const start = STEP_START.exec(line);
    if (start !== null) open.push({ indent, id: start[2] ?? "" });
    return open.at(-1)?.id ?? null;
  });
}

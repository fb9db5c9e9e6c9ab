import type { RuleError } from "@firebreak/sigma";
import { writeFileAtomic } from "../../../kernel/index.ts";
import type { LoadedRules } from "../../../detection/index.ts";
import type { Advice } from "../../../workshop/index.ts";
import type { Command, CommandContext } from "../../command.ts";
import { ALWAYS, EXIT } from "../../exit-codes.ts";
import { printable } from "../../printable.ts";
import { DIRECTORIES, loadPlaces, shown } from "./places.ts";

/** Hints that the text report shows. */
const HINTS_MAX = 100;

export const checkCommand: Command = {
  name: "rules check",
  summary: "compile Sigma rules; name and mend what is wrong with them",
  description: [
    "Each rule that does not load is named with file, line and column, what is wrong and how to mend it. Ends with 1 when " +
      "there is one. No server is needed.",
    "Of rules that load, it names what their author should know: misspelt fields and keys, log sources that no source " +
      "feeds, forms of older versions of Sigma. --fix rewrites those forms, which changes nothing that a rule means.",
  ],
  positionals: [DIRECTORIES],
  options: { fix: { type: "boolean", summary: "rewrite forms of older versions in the files" } },
  examples: ["firebreak rules check", "firebreak rules check ./rules --fix", "firebreak rules check ./rules --json"],
  exits: ALWAYS,
  run: async (context) => {
    const { output, args } = context;
    const { adviseRules } = await import("../../../workshop/index.ts");
    let loaded = await loadPlaces(context, args.positionals);
    let advice = loaded.sources.flatMap(adviseRules);
    const fixed = args.flag("fix") ? await fixFiles(loaded, advice) : [];
    if (fixed.length > 0) {
      loaded = await loadPlaces(context, args.positionals);
      advice = loaded.sources.flatMap(adviseRules);
    }
    const { rules, errors } = loaded;
    output.result({
      rules: rules.length,
      errors,
      advice: advice.map(({ fix, ...one }) => ({ ...one, fixable: fix !== undefined })),
      fixed,
    });
    for (const error of errors) showFault(context, error, output.style.red);
    for (const one of advice.slice(0, HINTS_MAX)) showFault(context, one, output.style.yellow);
    if (advice.length > HINTS_MAX) output.line(`… and ${advice.length - HINTS_MAX} hint(s) more (--json shows all)`);
    for (const file of fixed) output.line(`${shown(context, file)}: forms of older versions were rewritten.`);
    output.line(`${rules.length} rule(s) load, ${errors.length} fault(s), ${advice.length} hint(s).`);
    return errors.length === 0 ? EXIT.ok : EXIT.failed;
  },
};

function showFault(context: CommandContext, fault: RuleError, paint: (text: string) => string): void {
  const { file, line, column, message, remedy } = fault;
  context.output.line(paint(`${shown(context, file)}:${line}:${column} ${printable(message)}`));
  context.output.line(`  ${printable(remedy)}`);
}

/** A file is only rewritten when the same rules load from it as before. @returns the files that changed */
async function fixFiles({ sources }: LoadedRules, advice: readonly Advice[]): Promise<string[]> {
  const [{ applyFixes }, { compile }] = await Promise.all([
    import("../../../workshop/index.ts"),
    import("@firebreak/sigma"),
  ]);
  const idsIn = (name: string, text: string): string => {
    const { rules, errors } = compile([{ name, text }]);
    return JSON.stringify([rules.map(({ id }) => id), errors.length]);
  };
  return sources.flatMap(({ name, text }) => {
    const mended = applyFixes(
      text,
      advice.filter(({ file }) => file === name),
    );
    if (mended === text || idsIn(name, mended) !== idsIn(name, text)) return [];
    writeFileAtomic(name, mended);
    return [name];
  });
}

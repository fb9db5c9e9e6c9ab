import type { Block, CodeLine } from "./block.ts";
import { looksLikeCommand } from "./looks-like-command.ts";

const SHELL_OR_QUERY = /^$|^(ba|z|k)?sh|^(console|shell|terminal|text|sql|psql|mysql)/;

/** Every line that could be typed: blocks of shell and SQL, and commands within a text. */
export function codeLinesIn(blocks: readonly Block[]): readonly CodeLine[] {
  return blocks.flatMap((block): readonly CodeLine[] => {
    switch (block.kind) {
      case "code":
        return SHELL_OR_QUERY.test(block.language) ? block.lines : [];
      case "paragraph":
        return codesOf(block.codes, block.from);
      case "list":
        return block.items.flatMap((item) => codeLinesIn(item.blocks));
      case "quote":
        return codeLinesIn(block.blocks);
      case "table":
        return block.rows.flatMap(({ line, cells }) => cells.flatMap(({ codes }) => codesOf(codes, line)));
      case "heading":
      case "separator":
        return [];
      default:
        return block satisfies never;
    }
  });
}

const codesOf = (codes: readonly string[], line: number): readonly CodeLine[] =>
  codes.filter(looksLikeCommand).map((text) => ({ line, text }));

import MarkdownIt from "markdown-it";
import type { Token } from "markdown-it";
import type { Block, Code, Lines, List, ListItem, Prose, Table, TableRow } from "./block.ts";

/** Nothing is rendered: HTML stays text, and no text becomes a link by itself. */
const markdown = new MarkdownIt({ html: true, linkify: false });
markdown.core.ruler.disable(["inline", "text_join"]);
/** What stands in one paragraph is read in time that may grow with its square: longer ones stay as they are written. */
const PARAGRAPH_MAX = 10_000;

/** Reads Markdown into blocks that know their lines. What is no block (link definitions) is in none of them. */
export function readMarkdown(text: string): readonly Block[] {
  const environment = {};
  const tokens = markdown.parse(text, environment);
  for (const token of tokens) {
    if (token.type !== "inline") continue;
    const children: Token[] = [];
    if (token.content.length <= PARAGRAPH_MAX) markdown.inline.parse(token.content, markdown, environment, children);
    token.children = children;
  }
  return new BlockReader(tokens).readUntil(null);
}

const TASK = /^\[[ xX]\]\s+/;

class BlockReader {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  /** Blocks up to the token that closes the surrounding one, which is passed over. */
  readUntil(closing: string | null): readonly Block[] {
    const blocks: Block[] = [];
    for (let token = this.#next(); token !== undefined && token.type !== closing; token = this.#next()) {
      const block = this.#readBlock(token);
      if (block !== null) blocks.push(block);
    }
    return blocks;
  }

  #next(): Token | undefined {
    const token = this.#tokens[this.#at];
    this.#at++;
    return token;
  }

  #readBlock(token: Token): Block | null {
    const lines = linesOf(token);
    switch (token.type) {
      case "heading_open": {
        const { text } = this.#readInline("heading_close", lines);
        return { kind: "heading", level: Number(token.tag.slice(1)), text, ...lines };
      }
      case "paragraph_open":
        return { kind: "paragraph", ...this.#readInline("paragraph_close", lines) };
      case "bullet_list_open":
        return this.#readList("bullet_list_close", false, lines);
      case "ordered_list_open":
        return this.#readList("ordered_list_close", true, lines);
      case "blockquote_open":
        return { kind: "quote", blocks: this.readUntil("blockquote_close"), ...lines };
      case "fence":
        return codeOf(token, lines, 1);
      case "code_block":
        return codeOf(token, lines, 0);
      case "table_open":
        return this.#readTable(lines);
      case "html_block":
        return { kind: "paragraph", ...plainProse(token.content.trim(), lines) };
      case "hr":
        return { kind: "separator", ...lines };
      default:
        return null;
    }
  }

  #readInline(closing: string, lines: Lines): Prose {
    let prose = plainProse("", lines);
    for (let token = this.#next(); token !== undefined && token.type !== closing; token = this.#next()) {
      if (token.type === "inline") prose = proseOf(token, lines);
    }
    return prose;
  }

  #readList(closing: string, isOrdered: boolean, lines: Lines): List {
    const items: ListItem[] = [];
    for (let token = this.#next(); token !== undefined && token.type !== closing; token = this.#next()) {
      if (token.type === "list_item_open") items.push(itemOf(this.readUntil("list_item_close"), linesOf(token)));
    }
    return { kind: "list", isOrdered, items, ...lines };
  }

  #readTable(lines: Lines): Table {
    const rows: TableRow[] = [];
    let cells: Prose[] = [];
    let line = lines.from;
    for (let token = this.#next(); token !== undefined && token.type !== "table_close"; token = this.#next()) {
      if (token.type === "tr_open") {
        cells = [];
        line = linesOf(token, line).from;
      } else if (token.type === "inline") cells.push(proseOf(token, { from: line, to: line }));
      else if (token.type === "tr_close") rows.push({ line, cells });
    }
    const header = rows.shift()?.cells.map(({ text }) => text) ?? [];
    return { kind: "table", header, rows, ...lines };
  }
}

function linesOf(token: Token, otherwise = 1): Lines {
  const [from, to] = token.map ?? [otherwise - 1, otherwise];
  return { from: from + 1, to: Math.max(to, from + 1) };
}

function codeOf(token: Token, lines: Lines, fences: 0 | 1): Code {
  const language = /^[\w+#.-]*/.exec(token.info.trim())?.[0]?.toLowerCase() ?? "";
  const texts = token.content.replace(/\n$/, "").split("\n");
  const content = texts.map((text, index) => ({ line: lines.from + fences + index, text }));
  return { kind: "code", language, lines: token.content === "" ? [] : content, ...lines };
}

function itemOf(blocks: readonly Block[], lines: Lines): ListItem {
  const [first, ...rest] = blocks;
  if (first?.kind !== "paragraph" || !TASK.test(first.source)) return { isTask: false, blocks, ...lines };
  const [source, text] = [first.source.replace(TASK, ""), first.text.replace(TASK, "")];
  return { isTask: true, blocks: [{ ...first, source, text }, ...rest], ...lines };
}

function plainProse(source: string, lines: Lines): Prose {
  return { source, text: source, lead: null, codes: [], linked: 0, ...lines };
}

function proseOf(token: Token, lines: Lines): Prose {
  const children = token.children ?? [];
  if (children.length === 0) return plainProse(token.content.trim(), lines);
  const codes = children.flatMap((child) => (child.type === "code_inline" ? [child.content] : []));
  const text = children.map(textOf).join("").trim();
  let depth = 0;
  let linkedLength = 0;
  for (const child of children) {
    if (child.type === "link_open") depth++;
    else if (child.type === "link_close") depth--;
    else if (depth > 0) linkedLength += textOf(child).length;
  }
  const linked = text.length === 0 ? 0 : Math.min(1, linkedLength / text.length);
  return { source: token.content.trim(), text, lead: leadOf(children), codes, linked, ...lines };
}

function textOf(token: Token): string {
  if (token.type === "softbreak" || token.type === "hardbreak") return "\n";
  if (token.type === "image" || token.type === "text_special") return token.content;
  return token.type === "text" || token.type === "code_inline" || token.type === "html_inline" ? token.content : "";
}

function leadOf(children: readonly Token[]): string | null {
  const parts = children.filter((child) => child.type !== "text" || child.content.trim() !== "");
  if (parts[0]?.type !== "strong_open") return null;
  const end = parts.findIndex((child) => child.type === "strong_close");
  const lead = parts
    .slice(1, end < 0 ? parts.length : end)
    .map(textOf)
    .join("");
  return lead.replace(/\s*:\s*$/, "").trim() || null;
}

import { marked, type Token, type Tokens } from "marked";
import { createElement, type ReactNode } from "react";

/** Links go only where a link may go; everything else stays text. */
const SAFE_LINK = /^(https?:\/\/|mailto:|\/(?!\/)|#)/i;

function nested(token: Token): ReactNode {
  return "tokens" in token && token.tokens ? renderAll(token.tokens) : "text" in token ? String(token.text) : token.raw;
}

function renderTable(table: Tokens.Table, key: number): ReactNode {
  return (
    <div key={key} className="table-scroll" role="group" aria-label="Table" tabIndex={0}>
      <table className="table">
        <thead>
          <tr>
            {table.header.map((cell, index) =>
              // A heading without words is no heading; assistive technology would announce an empty one.
              cell.text.trim() === "" ? (
                <td key={index} />
              ) : (
                <th key={index} scope="col">
                  {renderAll(cell.tokens)}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>
          {table.rows.map((row, index) => (
            <tr key={index}>
              {row.map((cell, column) => (
                <td key={column}>{renderAll(cell.tokens)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function renderList(list: Tokens.List, key: number): ReactNode {
  return createElement(
    list.ordered ? "ol" : "ul",
    { key },
    list.items.map((item, index) => (
      <li key={index}>
        {item.task && (item.checked ? "☑ " : "☐ ")}
        {renderAll(item.tokens)}
      </li>
    )),
  );
}

const isTable = (token: Token): token is Tokens.Table => token.type === "table";
const isList = (token: Token): token is Tokens.List => token.type === "list";
const isHeading = (token: Token): token is Tokens.Heading => token.type === "heading";
const isLink = (token: Token): token is Tokens.Link => token.type === "link";

function renderLink(link: Tokens.Link, key: number): ReactNode {
  if (!SAFE_LINK.test(link.href)) return <span key={key}>{nested(link)}</span>;
  return (
    <a key={key} href={link.href} rel="noreferrer noopener">
      {nested(link)}
    </a>
  );
}

/** One below the page's own headings. */
const headingTag = (depth: number) => `h${Math.min(6, depth + 2)}`;

const WRAPPERS: Readonly<Record<string, string>> = {
  paragraph: "p",
  blockquote: "blockquote",
  strong: "strong",
  em: "em",
  del: "del",
  codespan: "code",
};

function render(token: Token, key: number): ReactNode {
  if (isTable(token)) return renderTable(token, key);
  if (isList(token)) return renderList(token, key);
  if (isHeading(token)) return createElement(headingTag(token.depth), { key }, nested(token));
  if (isLink(token)) return renderLink(token, key);
  const wrapper = WRAPPERS[token.type];
  if (wrapper !== undefined) return createElement(wrapper, { key }, nested(token));
  if (token.type === "code") return <pre key={key}>{String(token["text"])}</pre>;
  if (token.type === "space" || token.type === "checkbox" || token.type === "def") return null;
  if (token.type === "br") return <br key={key} />;
  if (token.type === "hr") return <hr key={key} />;
  if (token.type === "escape") return <span key={key}>{String(token["text"])}</span>;
  if (token.type === "text") return <span key={key}>{nested(token)}</span>;
  // HTML and anything unknown is shown as it was written.
  return <span key={key}>{token.raw}</span>;
}

function renderAll(tokens: readonly Token[]): ReactNode {
  return tokens.map(render);
}

/** Markdown as React elements: parsed to tokens, never to HTML, so nothing in it can become markup. */
export default function Markdown({ source }: { readonly source: string }) {
  return <div className="prose">{renderAll(marked.lexer(source, { gfm: true }))}</div>;
}

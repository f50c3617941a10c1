import { Fragment, memo, useDeferredValue, useMemo, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Tokens } from "marked";
import { CodeBlock } from "./code-block";
import { Formula } from "./formula";
import { decodeEntities, MarkdownParser, safeAddress, type MarkdownToken } from "./parse";

/**
 * Renders untrusted markdown as React elements: raw HTML shows as text, and only links of harmless schemes survive.
 * While a text streams in, blocks that are complete are not rendered again.
 */
export default function MarkdownRenderer({ text }: { text: string }) {
  const deferred = useDeferredValue(text);
  const [parser] = useState(() => new MarkdownParser());
  const { blocks, definitions } = useMemo(() => parser.parse(deferred), [parser, deferred]);
  return (
    <div className="prose">
      {blocks.map((token, at) => (
        <Block key={at} token={token} definitions={definitions} />
      ))}
    </div>
  );
}

const Block = memo(
  function Block({ token }: { token: MarkdownToken; definitions: number }) {
    return renderToken(token, 0);
  },
  (before, after) =>
    before.token.type === after.token.type && before.token.raw === after.token.raw && before.definitions === after.definitions,
);

function renderAll(tokens: readonly unknown[] | undefined): ReactNode {
  return (tokens as readonly MarkdownToken[] | undefined)?.map(renderToken);
}

function renderToken(token: MarkdownToken, key: number): ReactNode {
  switch (token.type) {
    case "paragraph":
      return <p key={key}>{renderAll(token.tokens)}</p>;
    case "text":
      return <Fragment key={key}>{token.tokens === undefined ? decodeEntities(token.text) : renderAll(token.tokens)}</Fragment>;
    case "escape":
      return token.text;
    case "strong":
      return <strong key={key}>{renderAll(token.tokens)}</strong>;
    case "em":
      return <em key={key}>{renderAll(token.tokens)}</em>;
    case "del":
      return <del key={key}>{renderAll(token.tokens)}</del>;
    case "codespan":
      return <code key={key}>{token.text}</code>;
    case "br":
      return <br key={key} />;
    case "link":
      return <Anchor key={key} token={token} />;
    case "image":
      return <Picture key={key} address={token.href} alt={token.text} />;
    case "heading":
      return <Heading key={key} token={token} />;
    case "code":
      return <CodeBlock key={key} code={token.text} language={token.lang?.split(/\s/, 1)[0] ?? ""} />;
    case "blockquote":
      return <blockquote key={key}>{renderAll(token.tokens)}</blockquote>;
    case "list":
      return <List key={key} token={token} />;
    case "checkbox":
      return <input key={key} type="checkbox" checked={token.checked} disabled readOnly />;
    case "table":
      return <Table key={key} token={token} />;
    case "hr":
      return <hr key={key} />;
    case "math":
      return <Formula key={key} source={token.source} display={token.display} />;
    case "html":
      return <Fragment key={key}>{htmlAsText(token)}</Fragment>;
    case "space":
    case "def":
    case "list_item":
      return null;
  }
}

/** Models use `<br>` in table cells; every other tag shows as it was written. */
function htmlAsText({ text, block }: { text: string; block: boolean }): ReactNode {
  if (/^<br\s*\/?>$/i.test(text.trim())) return <br />;
  const shown = text.replace(/<!--[\s\S]*?-->/g, "");
  if (shown.trim() === "") return null;
  return block ? <p className="whitespace-pre-wrap">{shown.trim()}</p> : shown;
}

function Heading({ token }: { token: Tokens.Heading }) {
  // The page has its own first levels.
  const Tag = (["h3", "h4", "h5", "h6", "h6", "h6"] as const)[token.depth - 1] ?? "h6";
  return (
    <Tag className={`level-${token.depth}`}>{renderAll(token.tokens)}</Tag>
  );
}

function Anchor({ token }: { token: Tokens.Link }) {
  const address = safeAddress(token.href);
  if (address === null) return <>{renderAll(token.tokens)}</>;
  return (
    <a href={address} target="_blank" rel="noopener noreferrer nofollow">
      {renderAll(token.tokens)}
    </a>
  );
}

function Picture({ address, alt }: { address: string; alt: string }) {
  const { t } = useTranslation();
  const safe = safeAddress(address);
  if (safe === null) return alt;
  return (
    <a href={safe} target="_blank" rel="noopener noreferrer" title={t("common.openImage")} className="inline-block">
      <img src={safe} alt={alt} loading="lazy" referrerPolicy="no-referrer" className="max-h-100 max-w-full rounded-card border border-line" />
    </a>
  );
}

function List({ token }: { token: Tokens.List }) {
  const items = token.items.map((item, at) => (
    <li key={at} className={item.task ? "task" : undefined}>
      {renderAll(item.tokens)}
    </li>
  ));
  return token.ordered ? <ol start={token.start === "" ? 1 : token.start}>{items}</ol> : <ul>{items}</ul>;
}

function Table({ token }: { token: Tokens.Table }) {
  const align = (cell: Tokens.TableCell) => (cell.align === null ? undefined : { textAlign: cell.align });
  return (
    <div className="overflow-x-auto" tabIndex={0} role="group">
      <table>
        <thead>
          <tr>
            {token.header.map((cell, at) => (
              <th key={at} style={align(cell)}>
                {renderAll(cell.tokens)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {token.rows.map((row, at) => (
            <tr key={at}>
              {row.map((cell, column) => (
                <td key={column} style={align(cell)}>
                  {renderAll(cell.tokens)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

import { isJsonObject, parseJson, type JsonObject, type JsonValue } from "@/api/json";

/**
 * The text of a note: a tree of paragraphs, lists, links and marked words as JSON in a string (spec app-dsl §10, notes).
 * What is not changed is not written anew, so kinds that are unknown here survive.
 */
const BOLD = 1;
const ITALIC = 2;
const STRIKE = 4;

const TAGS = [
  [BOLD, "strong"],
  [ITALIC, "em"],
  [STRIKE, "s"],
] as const;

export type NoteSize = "small" | "medium" | "large";
const SIZES: Record<NoteSize, string> = { small: "12px", medium: "14px", large: "16px" };

/** Builds the page's elements for a note; nothing of the text is read as HTML. */
export function renderNote(text: string): DocumentFragment {
  const fragment = document.createDocumentFragment();
  const root = parseJson(text);
  if (isJsonObject(root) && isJsonObject(root.root)) {
    fragment.append(...children(root.root));
    return fragment;
  }
  for (const line of text === "" ? [] : text.split("\n")) fragment.append(element("p", [document.createTextNode(line)]));
  return fragment;
}

/** The size that the words of a note are set in. */
export function sizeOfNote(text: string): NoteSize {
  const size = /font-size:\s*(\d+px)/.exec(text)?.[1];
  return (Object.keys(SIZES) as NoteSize[]).find((name) => SIZES[name] === size) ?? "small";
}

/** The text of a note as it stands in an edited element. */
export function writeNote(from: Node, size: NoteSize): string {
  const blocks: JsonObject[] = [];
  let loose: JsonObject[] = [];
  const flush = () => {
    if (loose.length > 0) blocks.push(paragraph(loose));
    loose = [];
  };
  for (const child of from.childNodes) {
    if (child instanceof HTMLElement && /^(P|DIV|UL|OL)$/.test(child.tagName)) {
      flush();
      blocks.push(child.tagName === "UL" || child.tagName === "OL" ? list(child, size) : paragraph(inline(child, 0, size)));
    } else loose.push(...inline(child, 0, size, true));
  }
  flush();
  return JSON.stringify({ root: { ...block("root", blocks) } });
}

/** Words alone, for search and labels. */
export function plainNote(text: string): string {
  return renderNote(text).textContent;
}

function children(node: JsonObject): Node[] {
  return (Array.isArray(node.children) ? node.children : []).filter(isJsonObject).flatMap(toNodes);
}

function toNodes(node: JsonObject): Node[] {
  switch (node.type) {
    case "text":
      return [marked(string(node.text), typeof node.format === "number" ? node.format : 0)];
    case "linebreak":
      return [document.createElement("br")];
    case "list":
      return [element(node.listType === "number" ? "ol" : "ul", children(node))];
    case "listitem":
      return [element("li", children(node))];
    case "link":
    case "autolink": {
      const url = string(node.url);
      const link = element("a", children(node));
      if (/^(https?:|mailto:)/i.test(url)) link.setAttribute("href", url);
      link.setAttribute("target", "_blank");
      link.setAttribute("rel", "noopener noreferrer");
      return [link];
    }
    default:
      return [element("p", children(node))];
  }
}

function marked(text: string, format: number): Node {
  let node: Node = document.createTextNode(text);
  for (const [bit, tag] of TAGS) if ((format & bit) !== 0) node = element(tag, [node]);
  return node;
}

function inline(node: Node, format: number, size: NoteSize, itself = false): JsonObject[] {
  if (!itself) return [...node.childNodes].flatMap((child) => inline(child, format, size, true));
  if (node.nodeType === Node.TEXT_NODE) {
    const text = node.textContent ?? "";
    if (text === "") return [];
    const style = size === "small" ? "" : `font-size: ${SIZES[size]};`;
    return [{ detail: 0, format, mode: "normal", style, text, type: "text", version: 1 }];
  }
  if (!(node instanceof HTMLElement)) return [];
  if (node.tagName === "BR") return [{ type: "linebreak", version: 1 }];
  const inside = [...node.childNodes].flatMap((child) => inline(child, format | bitOf(node), size, true));
  if (node.tagName !== "A") return inside;
  const url = node.getAttribute("href") ?? "";
  return [{ ...block("link", inside), rel: "noopener noreferrer", target: "_blank", title: null, url }];
}

function bitOf(node: HTMLElement): number {
  const { tagName, style } = node;
  if (tagName === "B" || tagName === "STRONG" || Number(style.fontWeight) >= 600 || style.fontWeight === "bold") return BOLD;
  if (tagName === "I" || tagName === "EM") return ITALIC;
  return tagName === "S" || tagName === "STRIKE" || tagName === "DEL" ? STRIKE : 0;
}

function list(node: HTMLElement, size: NoteSize): JsonObject {
  const numbered = node.tagName === "OL";
  const items = [...node.children].map((item, at) => ({ ...block("listitem", inline(item, 0, size)), value: at + 1 }));
  return { ...block("list", items), listType: numbered ? "number" : "bullet", start: 1, tag: numbered ? "ol" : "ul" };
}

function paragraph(content: JsonObject[]): JsonObject {
  const last = content.at(-1);
  // Editors end an empty line with a break that is not part of the text.
  const trimmed = last?.type === "linebreak" ? content.slice(0, -1) : content;
  return { ...block("paragraph", trimmed), textFormat: 0 };
}

function block(type: string, content: JsonObject[]): JsonObject {
  return { children: content, direction: "ltr", format: "", indent: 0, type, version: 1 };
}

function element(tag: string, content: Node[]): HTMLElement {
  const made = document.createElement(tag);
  made.append(...content);
  return made;
}

function string(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : "";
}

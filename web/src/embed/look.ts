/** The rules of the bubble and its window. Pages change them by the variables, or with `!important`. */
function rules(bubble: string, frame: string): string {
  const set = (name: string, otherwise: string) => `${name}: var(--${bubble}-${name}, ${otherwise});`;
  return `
#${bubble} {
  all: unset; box-sizing: border-box; position: fixed; z-index: 2147483646; display: flex; align-items: center; justify-content: center;
  color: #fff; cursor: pointer; user-select: none; -webkit-tap-highlight-color: transparent; transition: transform 120ms;
  ${set("bottom", "1rem")} ${set("right", "1rem")} ${set("left", "unset")} ${set("top", "unset")}
  ${set("width", "50px")} ${set("height", "50px")} ${set("border-radius", "25px")}
  background-color: var(--${bubble}-bg-color, #155EEF);
  ${set("box-shadow", "0 4px 8px rgb(0 0 0 / 0.2)")}
}
#${bubble}:hover { transform: var(--${bubble}-hover-transform, scale(1.1)); }
#${bubble}:focus-visible { outline: 3px solid #fff; outline-offset: -5px; }
#${bubble} svg { width: 50%; height: 50%; pointer-events: none; }
#${frame} {
  all: unset; box-sizing: border-box; position: fixed; z-index: 2147483647; display: block; overflow: hidden;
  width: 24rem; height: 43.75rem; max-width: calc(100vw - 2rem); max-height: calc(100vh - 6rem);
  border: 0; border-radius: 14px; background: #fff; box-shadow: 0 8px 30px rgb(0 0 0 / 0.18);
}
#${frame}[data-expanded] { width: 48% !important; height: 88% !important; }
#${frame}[hidden] { display: none !important; }
@media (prefers-color-scheme: dark) { #${frame} { background: #1c1a17; } }
@media (max-width: 640px) {
  #${frame} {
    inset: 0 !important; width: 100% !important; height: 100% !important; max-width: none !important; max-height: none !important;
    border-radius: 0 !important;
  }
}
@media (prefers-reduced-motion: reduce) { #${bubble} { transition: none; } }
`;
}

/** Gives the page the rules, in a way that a content security policy does not forbid where browsers know it. */
export function addLook(bubble: string, frame: string): void {
  const text = rules(bubble, frame);
  if ("adoptedStyleSheets" in document && "replaceSync" in CSSStyleSheet.prototype) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    return;
  }
  const style = document.createElement("style");
  style.textContent = text;
  document.head.append(style);
}

const CHAT = "M21 11.5a8.4 8.4 0 0 1-8.5 8.5 8.6 8.6 0 0 1-3.8-.9L3 21l1.9-5.7A8.4 8.4 0 1 1 21 11.5Z";
const CROSS = "M18 6 6 18M6 6l12 12";

/** Made node by node: pages with trusted types take no markup. */
export function icon(open: boolean): SVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  const drawn = { viewBox: "0 0 24 24", fill: "none", stroke: "currentColor", "stroke-width": "2", "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true" };
  for (const [name, value] of Object.entries(drawn)) svg.setAttribute(name, value);
  path.setAttribute("d", open ? CROSS : CHAT);
  svg.append(path);
  return svg;
}

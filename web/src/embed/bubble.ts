import { chatAddress, LONGEST } from "./address";
import type { EmbedConfig } from "./config";
import { makeDraggable } from "./dragging";
import { addLook, icon } from "./look";
import { isFromChat, type FromPage } from "./messages";
import { words } from "./words";

/** Narrower windows show the chat alone; as in the rules of the look. */
const PHONE = 640;
const GAP = 8;

/** A button in the corner of the page that opens a chat, which is loaded when it is first opened. */
export class Bubble {
  private readonly button = document.createElement("button");
  private frame: HTMLIFrameElement | null = null;
  private readonly frameId: string;
  private readonly words = words();

  constructor(private readonly config: EmbedConfig) {
    this.frameId = `${config.prefix}-chatbot-bubble-window`;
    this.button.id = `${config.prefix}-chatbot-bubble-button`;
    this.button.type = "button";
    addLook(this.button.id, this.frameId);
    this.applyProps(config.containerProps);
    if (config.draggable) makeDraggable(this.button, config.dragAxis, () => this.close());
    this.button.addEventListener("click", () => (this.opened ? this.close() : void this.open()));
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.opened) this.close();
    });
    window.addEventListener("resize", () => this.opened && this.place());
    window.addEventListener("message", (event) => this.hear(event));
    this.show();
    document.body.append(this.button);
  }

  private get opened(): boolean {
    return this.frame !== null && !this.frame.hidden;
  }

  private async open(): Promise<void> {
    this.frame ??= await this.load();
    this.frame.hidden = false;
    this.place();
    this.show();
    this.frame.focus();
  }

  private close(): void {
    if (this.frame === null || this.frame.hidden) return;
    this.frame.hidden = true;
    this.show();
    this.button.focus();
  }

  private async load(): Promise<HTMLIFrameElement> {
    const frame = document.createElement("iframe");
    frame.id = this.frameId;
    frame.title = this.words.chat;
    frame.allow = "microphone; clipboard-write; fullscreen";
    frame.hidden = true;
    const address = await chatAddress(this.config);
    if (address.length > LONGEST) {
      console.warn(`Treadle: the inputs make the address of the chat ${address.length} characters long; over ${LONGEST} it may not come through everywhere.`);
    }
    const loaded = document.getElementById(this.frameId);
    if (loaded instanceof HTMLIFrameElement) return loaded;
    frame.src = address;
    document.body.append(frame);
    return frame;
  }

  /** The window stands on the side of the bubble that has room. */
  private place(): void {
    if (this.frame === null) return;
    const { left, right, top, bottom } = this.button.getBoundingClientRect();
    const { style } = this.frame;
    const onRight = (left + right) / 2 > window.innerWidth / 2;
    const below = (top + bottom) / 2 > window.innerHeight / 2;
    style.right = onRight ? `${Math.max(GAP, window.innerWidth - right)}px` : "auto";
    style.left = onRight ? "auto" : `${Math.max(GAP, left)}px`;
    style.bottom = below ? `${window.innerHeight - top + GAP}px` : "auto";
    style.top = below ? "auto" : `${bottom + GAP}px`;
  }

  private show(): void {
    this.button.setAttribute("aria-label", this.opened ? this.words.close : this.words.open);
    this.button.setAttribute("aria-expanded", String(this.opened));
    this.button.replaceChildren(icon(this.opened));
  }

  /** What the chat asks for; nobody else is listened to. */
  private hear({ data, source, origin }: MessageEvent): void {
    const chat = this.frame?.contentWindow;
    if (!chat || source !== chat || origin !== new URL(this.config.baseUrl).origin || !isFromChat(data)) return;
    if (data.type === "treadle-chatbot-close") this.close();
    else if (data.type === "treadle-chatbot-expand") this.frame?.toggleAttribute("data-expanded");
    else chat.postMessage({ type: "treadle-chatbot-host", expandable: window.innerWidth > PHONE } satisfies FromPage, origin);
  }

  /** Class, style, handlers and attributes that the page wants the bubble to have. */
  private applyProps(props: Record<string, unknown>): void {
    for (const [name, value] of Object.entries(props)) {
      if (name === "className") this.button.className = String(value);
      else if (name === "style" && typeof value === "string") this.button.style.cssText = value;
      else if (name === "style") Object.assign(this.button.style, value);
      else if (name.startsWith("on") && typeof value === "function") this.button.addEventListener(name.slice(2).toLowerCase(), value as EventListener);
      else if (name !== "id" && typeof value === "string") this.button.setAttribute(name, value);
    }
  }
}

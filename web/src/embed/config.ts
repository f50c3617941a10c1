/** What a page says about the chat that it embeds (spec: console §15.1). */
export interface EmbedConfig {
  /** The code of the app's page. */
  token: string;
  /** Where Treadle is, without a slash at its end. */
  baseUrl: string;
  /** Of the elements' ids: pages written for Dify style elements by its names. */
  prefix: "treadle" | "dify";
  inputs: Record<string, unknown>;
  systemVariables: Record<string, unknown>;
  userVariables: Record<string, unknown>;
  containerProps: Record<string, unknown>;
  draggable: boolean;
  dragAxis: "both" | "x" | "y";
}

type Raw = Partial<Record<string, unknown>>;

declare global {
  interface Window {
    treadleChatbotConfig?: Raw;
    difyChatbotConfig?: Raw;
  }
}

/** A word of the configuration that is not what it should be; the message is for whoever wrote the page. */
export class ConfigError extends Error {}

/**
 * The configuration of this page: `window.treadleChatbotConfig`, Dify's name of it, or the `data-` attributes of the
 * script for pages whose policy forbids inline scripts. Raises ConfigError.
 */
export function readConfig(page: Window, script: HTMLScriptElement | null): EmbedConfig {
  const named = page.treadleChatbotConfig ?? page.difyChatbotConfig;
  const raw = named ?? fromAttributes(script);
  const token = textOf(raw.token);
  if (!/^[A-Za-z0-9_-]+$/.test(token)) throw new ConfigError("`token` must be the code of the app, the last part of its address.");
  const baseUrl = textOf(raw.baseUrl) || (script?.src ? new URL(script.src).origin : "");
  if (!/^https?:\/\//.test(baseUrl) || !URL.canParse(baseUrl)) throw new ConfigError("`baseUrl` must be where Treadle is, such as https://treadle.example.com.");
  return {
    token,
    baseUrl: baseUrl.replace(/\/+$/, ""),
    prefix: page.treadleChatbotConfig === undefined && page.difyChatbotConfig !== undefined ? "dify" : "treadle",
    inputs: mapOf(raw.inputs, "inputs"),
    systemVariables: mapOf(raw.systemVariables, "systemVariables"),
    userVariables: mapOf(raw.userVariables, "userVariables"),
    containerProps: mapOf(raw.containerProps, "containerProps"),
    draggable: raw.draggable === true || raw.draggable === "true",
    dragAxis: raw.dragAxis === "x" || raw.dragAxis === "y" ? raw.dragAxis : "both",
  };
}

/** `data-base-url` is `baseUrl`; maps are JSON. */
function fromAttributes(script: HTMLScriptElement | null): Raw {
  return Object.fromEntries(Object.entries(script?.dataset ?? {}));
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value.trim() : "";
}

function mapOf(value: unknown, name: string): Record<string, unknown> {
  const map = typeof value === "string" ? parsed(value) : (value ?? {});
  if (typeof map !== "object" || map === null || Array.isArray(map)) throw new ConfigError(`\`${name}\` must be an object.`);
  return map as Record<string, unknown>;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

import type { Schemas } from "@/api/client";
import { isJsonObject, type JsonObject, type JsonValue } from "@/api/json";

export type BasicMode = "chat" | "agent-chat" | "completion";
export type AppDetail = Schemas["AppDetail"];

/** Changes a configuration into its next state, whatever happened to it meanwhile. */
export type Change = (update: (before: JsonObject) => JsonObject) => void;

/** What the settings of a feature get, in apps with a canvas and without. */
export interface FeatureProps {
  /** The configuration of a basic app, the features of a flow. */
  configuration: JsonObject;
  change: Change;
  disabled: boolean;
}

/** What every block of the page gets. */
export interface BlockProps extends FeatureProps {
  mode: BasicMode;
}

/** The settings under a key; an empty map where there are none. */
export function section(configuration: JsonObject, key: string): JsonObject {
  return mapIn(configuration[key]);
}

export function mapIn(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

export function withSection(configuration: JsonObject, key: string, part: JsonObject): JsonObject {
  return { ...configuration, [key]: { ...section(configuration, key), ...part } };
}

/** A feature that is on or off. */
export function isOn(configuration: JsonObject, feature: string): boolean {
  return section(configuration, feature).enabled === true;
}

export function switched(configuration: JsonObject, feature: string, enabled: boolean): JsonObject {
  return withSection(configuration, feature, { enabled });
}

export function textIn(configuration: JsonObject, key: string): string {
  const value = configuration[key];
  return typeof value === "string" ? value : "";
}

export function numberIn(configuration: JsonObject, key: string, otherwise: number): number {
  const value = configuration[key];
  return typeof value === "number" ? value : otherwise;
}

export function textsIn(configuration: JsonObject, key: string): string[] {
  const value = configuration[key];
  return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
}

export function mapsIn(configuration: JsonObject, key: string): JsonObject[] {
  const value = configuration[key];
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

import type { Schemas } from "@/api/client";
import type { JsonValue } from "@/api/json";

/** The API's shapes with their free values as JSON, which its description calls unknown. */
type WithJson<Shape, Keys extends keyof Shape> = Omit<Shape, Keys> & Record<Keys, JsonValue>;

export type NodeRun = WithJson<Schemas["NodeRun"], "inputs" | "outputs" | "process_data" | "execution_metadata">;
export type Asked = WithJson<Schemas["AskedVariable"], "value">;
export type Value = WithJson<Schemas["ValueShown"], "value">;

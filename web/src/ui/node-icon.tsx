import clsx from "clsx";
import {
  BookOpen,
  Bot,
  Braces,
  Code,
  FileText,
  Filter,
  GitBranch,
  GitMerge,
  Globe,
  LogIn,
  LogOut,
  MessageSquare,
  Pencil,
  Repeat,
  RefreshCw,
  Sparkles,
  Split,
  SquareFunction,
  Wrench,
  type LucideIcon,
} from "lucide-react";

type Family = "io" | "model" | "logic" | "transform" | "tools" | "knowledge" | "container";

const LOOKS: Record<string, [LucideIcon, Family]> = {
  start: [LogIn, "io"],
  end: [LogOut, "io"],
  answer: [MessageSquare, "io"],
  llm: [Sparkles, "model"],
  "basic-model": [Sparkles, "model"],
  agent: [Bot, "model"],
  "parameter-extractor": [Braces, "model"],
  "question-classifier": [Split, "model"],
  "if-else": [GitBranch, "logic"],
  iteration: [Repeat, "container"],
  loop: [RefreshCw, "container"],
  code: [Code, "transform"],
  "template-transform": [FileText, "transform"],
  "variable-aggregator": [GitMerge, "transform"],
  "variable-assigner": [GitMerge, "transform"],
  assigner: [Pencil, "transform"],
  "document-extractor": [FileText, "transform"],
  "list-operator": [Filter, "transform"],
  "http-request": [Globe, "tools"],
  tool: [Wrench, "tools"],
  "knowledge-retrieval": [BookOpen, "knowledge"],
  "knowledge-index": [BookOpen, "knowledge"],
  datasource: [LogIn, "knowledge"],
};

const HUES: Record<Family, string> = {
  io: "bg-node-io text-bg",
  model: "bg-node-model text-bg",
  logic: "bg-node-logic text-bg",
  transform: "bg-node-transform text-bg",
  tools: "bg-node-tools text-bg",
  knowledge: "bg-node-knowledge text-bg",
  container: "border border-line-strong text-muted",
};

/** The 20-pixel icon of a node in the hue of its family. */
export function NodeIcon({ type, running = false }: { type: string; running?: boolean }) {
  const [Icon, family] = LOOKS[type] ?? [SquareFunction, "io"];
  return (
    <span
      aria-hidden
      className={clsx(
        "inline-flex size-5 shrink-0 items-center justify-center rounded-control",
        HUES[family],
        running && "animate-pulse-soft",
      )}
    >
      <Icon size={12} strokeWidth={2} />
    </span>
  );
}

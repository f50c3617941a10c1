import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { JsonObject } from "@/api/json";
import { useNodeType } from "@/features/schema-form/node-types";
import { Dialog } from "@/ui/dialog";
import { Markdown } from "@/ui/markdown/markdown";
import { NodeIcon } from "@/ui/node-icon";
import { useToolName } from "../palette/tools";
import { useNode } from "../store";
import { helpFor } from "./node-help";
import { findTool, toolsQuery } from "./nodes/tools";

interface NodeToldProps {
  nodeId: string;
  topic: "help" | "about";
  onClose: () => void;
}

/** What a node is for: what the documentation says, or who made it and what it does. */
export default function NodeTold({ nodeId, topic, onClose }: NodeToldProps) {
  const { t } = useTranslation();
  const node = useNode(nodeId);
  const name = useToolName();
  const type = useNodeType(node?.data.type ?? "");
  if (node === undefined) return null;
  const title = name(type?.title) || node.data.type;
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={t(`nodes.told.${topic}`, { title })} size={topic === "help" ? "large" : "medium"}>
      {topic === "help" ? <Help type={node.data.type} /> : <About nodeId={nodeId} />}
    </Dialog>
  );
}

function Help({ type }: { type: string }) {
  const { t } = useTranslation();
  const text = helpFor(type);
  return text === null ? <p className="text-muted">{t("nodes.told.nothing")}</p> : <Markdown text={text} />;
}

function About({ nodeId }: { nodeId: string }) {
  const { t } = useTranslation();
  const name = useToolName();
  const data = useNode(nodeId)?.data;
  const type = useNodeType(data?.type ?? "");
  const { data: providers = [] } = useQuery({ ...toolsQuery, enabled: data?.type === "tool" });
  if (data === undefined) return null;
  const tool = data.type === "tool" ? findTool(providers, (data.provider_id as string | undefined) ?? "", (data.tool_name as string | undefined) ?? "") : undefined;
  const words = (texts: JsonObject | string | null) => (typeof texts === "string" ? texts : name(texts as Record<string, string> | null));
  return (
    <div className="flex flex-col gap-3">
      <p className="flex items-center gap-2 font-medium">
        <NodeIcon type={data.type} />
        {tool === undefined ? name(type?.title) || data.type : `${words(tool.provider.label)} / ${words(tool.tool.label)}`}
      </p>
      <p className="whitespace-pre-wrap">{tool === undefined ? name(type?.description) : words(tool.tool.description)}</p>
      <dl className="grid grid-cols-[max-content_1fr] gap-x-4 gap-y-1">
        <Fact label={t("nodes.told.author")}>{tool?.provider.author || "Treadle"}</Fact>
        <Fact label={t("nodes.told.type")}>
          <code>{data.type}</code>
        </Fact>
        <Fact label={t("nodes.told.id")}>
          <code className="break-all">{nodeId}</code>
        </Fact>
      </dl>
      {data.desc !== undefined && data.desc !== "" && <p className="border-t border-line pt-3 text-muted">{data.desc}</p>}
    </div>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-muted">{label}</dt>
      <dd>{children}</dd>
    </>
  );
}

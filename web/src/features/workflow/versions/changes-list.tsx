import { useTranslation } from "react-i18next";
import type { JsonValue } from "@/api/json";
import { NodeIcon } from "@/ui/node-icon";
import type { Comparison } from "../graph/comparing";

const TONES = { added: "text-ok", removed: "text-danger", changed: "text-warn", moved: "text-muted" } as const;

/** A comparison as people read it: nodes with the settings that differ, then edges, variables and features. */
export function ChangesList({ comparison, onNode }: { comparison: Comparison; onNode?: (id: string) => void }) {
  const { t } = useTranslation();
  const { nodes, edges, others } = comparison;
  const moved = nodes.filter((node) => node.kind === "moved");
  if (nodes.length + edges.length + others.length === 0) return <p className="text-muted">{t("workflow.versions.same")}</p>;
  return (
    <ul className="flex flex-col gap-2">
      {nodes
        .filter((node) => node.kind !== "moved")
        .map((node) => (
          <li key={node.id} className="rounded-control border border-line p-2">
            <button type="button" disabled={onNode === undefined || node.kind === "removed"} className="flex w-full items-center gap-2 text-start" onClick={() => onNode?.(node.id)}>
              <NodeIcon type={node.type} />
              <span className="min-w-0 flex-1 truncate font-medium">{node.title || node.type || t("workflow.commands.note")}</span>
              <span className={TONES[node.kind]}>{t(`workflow.versions.kinds.${node.kind}`)}</span>
            </button>
            {node.fields.map((field) => (
              <FieldChange key={field.path} path={field.path} before={field.before} after={field.after} />
            ))}
          </li>
        ))}
      {edges.map((edge) => (
        <li key={`${edge.kind} ${edge.id}`} className="flex gap-2 px-2">
          <span className="min-w-0 flex-1 truncate">
            {edge.from} → {edge.to}
          </span>
          <span className={TONES[edge.kind]}>{t(`workflow.versions.kinds.${edge.kind}`)}</span>
        </li>
      ))}
      {others.map((other) => (
        <li key={other.name} className="px-2">
          <span className="flex gap-2">
            <code className="min-w-0 flex-1 truncate font-mono">{other.name}</code>
            <span className={TONES[other.kind]}>{t(`workflow.versions.kinds.${other.kind}`)}</span>
          </span>
          <Values before={other.before} after={other.after} />
        </li>
      ))}
      {moved.length > 0 && <li className="px-2 text-muted">{t("workflow.versions.movedCount", { count: moved.length })}</li>}
    </ul>
  );
}

interface FieldChangeProps {
  path: string;
  before: JsonValue | undefined;
  after: JsonValue | undefined;
}

function FieldChange({ path, before, after }: FieldChangeProps) {
  return (
    <div className="mt-2 text-12">
      <code className="font-mono text-muted">{path}</code>
      <Values before={before} after={after} />
    </div>
  );
}

function Values({ before, after }: { before: JsonValue | undefined; after: JsonValue | undefined }) {
  return (
    <div className="mt-0.5 flex flex-col gap-0.5 font-mono text-12">
      {before !== undefined && <del className="line-clamp-4 rounded-sm bg-danger-soft px-1 break-words whitespace-pre-wrap no-underline">{shown(before)}</del>}
      {after !== undefined && <ins className="line-clamp-4 rounded-sm bg-ok-soft px-1 break-words whitespace-pre-wrap no-underline">{shown(after)}</ins>}
    </div>
  );
}

function shown(value: JsonValue): string {
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 1);
  return text.length > 600 ? `${text.slice(0, 600)}…` : text || "∅";
}

import { ArrowRight, Link2Off, Plus } from "lucide-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { i18nText } from "@/features/schema-form/i18n-text";
import { nodeTypesQuery } from "@/features/schema-form/node-types";
import { IconButton } from "@/ui/button";
import { Menu, MenuItem, MenuLabel } from "@/ui/menu";
import { NodeIcon } from "@/ui/node-icon";
import { branchesOf, leavesAtHead, type Branch } from "../graph/branches";
import { addNode, connect } from "../graph/editing";
import { allowedAt, hasTarget, isNote, TRIGGERS } from "../graph/kinds";
import { byId, edgesFrom } from "../graph/lookup";
import { refusalOf } from "../graph/rules";
import type { FlowEdge, FlowNode, NodeData } from "../graph/types";
import { documentOf, useWorkflow, useWorkflowStore } from "../store";
import { Section } from "./section";

/** Where each way out of the node leads: go there, cut it, lead it on. */
export function NextSteps({ node }: { node: FlowNode }) {
  const { t } = useTranslation();
  const edges = useWorkflow((state) => state.edges);
  const ways: { handle: string; label: string }[] = [
    ...(leavesAtHead(node.data) ? [{ handle: "source", label: "" }] : []),
    ...branchesOf(node.data).map((branch) => ({ handle: branch.handle, label: labelOf(branch) })),
  ];
  function labelOf(branch: Branch): string {
    const kind = t(`panels.next.${branch.kind}`);
    return branch.text === "" ? kind : branch.kind === "class" || branch.kind === "action" ? branch.text : `${kind} ${branch.text}`;
  }
  if (ways.length === 0) return null;
  const out = edgesFrom(edges, node.id);
  return (
    <Section title={t("panels.next.title")}>
      <ul className="flex flex-col gap-2">
        {ways.map((way) => (
          <li key={way.handle} className="flex flex-col gap-1">
            {way.label !== "" && <span className="truncate text-12 text-muted">{way.label}</span>}
            {out
              .filter((edge) => (edge.sourceHandle ?? "source") === way.handle)
              .map((edge) => (
                <Target key={edge.id} edge={edge} />
              ))}
            <AddStep node={node} handle={way.handle} label={way.label} />
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Target({ edge }: { edge: FlowEdge }) {
  const { t } = useTranslation();
  const target = useWorkflow((state) => byId(state.nodes).get(edge.target));
  const { openPanel, select, edit } = useWorkflowStore().getState();
  const editable = useWorkflow((state) => state.editable);
  if (target === undefined) return null;
  const { title, type } = target.data;
  return (
    <div className="flex items-center gap-1">
      <button
        type="button"
        onClick={() => {
          select([target.id]);
          openPanel(target.id);
        }}
        className="flex h-8 min-w-0 flex-1 items-center gap-2 rounded-control border border-line bg-raised px-2 text-start hover:border-line-strong"
      >
        <NodeIcon type={type} />
        <span className="min-w-0 flex-1 truncate">{title}</span>
        <ArrowRight size={14} strokeWidth={1.5} className="text-muted" />
      </button>
      {editable && (
        <IconButton
          label={t("panels.next.disconnect", { title })}
          onClick={() => edit({ kind: "edgeDeleted", subject: title }, (doc) => ({ ...doc, edges: doc.edges.filter((each) => each.id !== edge.id) }))}
        >
          <Link2Off size={14} strokeWidth={1.5} />
        </IconButton>
      )}
    </div>
  );
}

function AddStep({ node, handle, label }: { node: FlowNode; handle: string; label: string }) {
  const { t, i18n } = useTranslation();
  const store = useWorkflowStore();
  const nodes = useWorkflow((state) => state.nodes);
  const editable = useWorkflow((state) => state.editable);
  const mode = useWorkflow((state) => state.mode);
  const { data: types } = useQuery(nodeTypesQuery);
  if (!editable) return null;
  const doc = documentOf(store.getState());
  const inside = node.parentId === undefined ? null : (byId(nodes).get(node.parentId)?.data.type ?? null);
  const place = { mode, inside, hasStart: true, hasTrigger: nodes.some((each) => TRIGGERS.has(each.data.type)) };
  const fresh = (types ?? []).filter((each) => Object.keys(each.defaults).length > 0 && each.modes.includes(mode) && hasTarget(each.type) && allowedAt(each.type, place));
  const others = nodes.filter((each) => !isNote(each) && refusalOf(doc, { source: node.id, sourceHandle: handle, target: each.id }) === null);
  return (
    <Menu
      align="start"
      trigger={
        <button
          type="button"
          aria-label={label === "" ? t("panels.next.add") : t("panels.next.addTo", { label })}
          className="flex h-8 items-center gap-1.5 rounded-control border border-dashed border-line px-2 text-muted hover:border-line-strong hover:text-text"
        >
          <Plus size={14} strokeWidth={1.5} />
          {t("panels.next.add")}
        </button>
      }
    >
      {others.length > 0 && <MenuLabel>{t("panels.next.existing")}</MenuLabel>}
      {others.map((target) => (
        <MenuItem
          key={target.id}
          icon={<NodeIcon type={target.data.type} />}
          onSelect={() =>
            store.getState().edit({ kind: "connected", subject: target.data.title }, (now) => connect(now, { source: node.id, sourceHandle: handle, target: target.id }))
          }
        >
          {target.data.title}
        </MenuItem>
      ))}
      <MenuLabel>{t("panels.next.fresh")}</MenuLabel>
      {fresh.map((each) => (
        <MenuItem
          key={each.type}
          icon={<NodeIcon type={each.type} />}
          onSelect={() => {
            const title = i18nText(each.title, i18n.language);
            const data = { ...each.defaults, type: each.type, title } as NodeData;
            store.getState().edit({ kind: "nodeAdded", subject: title }, (now) => addNode(now, data, { kind: "after", source: node.id, sourceHandle: handle }, Date.now()).doc);
          }}
        >
          {i18nText(each.title, i18n.language)}
        </MenuItem>
      ))}
    </Menu>
  );
}

import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import clsx from "clsx";
import { Copy, GitCompare, MoreHorizontal, Pencil, RotateCcw, Tag, Trash2 } from "lucide-react";
import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";
import { useErrorText } from "@/i18n/errors";
import { Button, IconButton } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { Dialog } from "@/ui/dialog";
import { Empty } from "@/ui/empty";
import { Field, NativeSelect, TextInput } from "@/ui/field";
import { Menu, MenuItem, MenuSeparator } from "@/ui/menu";
import { Spinner } from "@/ui/spinner";
import { Time } from "@/ui/time";
import { showToast } from "@/ui/toast";
import { Panel } from "../canvas/side-panel";
import { compare } from "../graph/comparing";
import { openDraft } from "../graph/draft";
import { documentOf, useSaving, useWorkflow, useWorkflowStore } from "../store";
import { workflowApi, type VersionEntry } from "../store/api";
import { ChangesList } from "./changes-list";
import { useVersionName, type Viewing } from "./viewing";

interface VersionsPanelProps {
  accountId: string;
  viewing: Viewing | null;
  onView: (viewing: Viewing | null) => void;
  onClose: () => void;
}

type Filter = "all" | "mine" | "named";

/** Published versions: look at one, compare, name, restore, delete. */
export function VersionsPanel({ accountId, viewing, onView, onClose }: VersionsPanelProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const appId = useWorkflow((state) => state.appId);
  const editable = useWorkflow((state) => state.editable) || viewing !== null;
  const [filter, setFilter] = useState<Filter>("all");
  const versions = useInfiniteQuery({
    queryKey: ["versions", appId, filter],
    queryFn: ({ pageParam }) =>
      workflowApi.versions(appId, { page: pageParam, named_only: filter === "named", user_id: filter === "mine" ? accountId : undefined }),
    initialPageParam: 1,
    getNextPageParam: (last, pages) => (last.has_more ? pages.length + 1 : undefined),
    meta: { console: true },
  });
  const items = versions.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Panel title={t("workflow.commands.versions")} onClose={onClose}>
      <NativeSelect aria-label={t("workflow.versions.filter")} value={filter} onChange={(event) => setFilter(event.target.value as Filter)}>
        {(["all", "mine", "named"] as const).map((name) => (
          <option key={name} value={name}>
            {t(`workflow.versions.filters.${name}`)}
          </option>
        ))}
      </NativeSelect>
      {versions.error !== null && <p className="py-3 text-danger">{errorText(versions.error)}</p>}
      {versions.isPending && <p className="flex justify-center p-6 text-muted">{<Spinner />}</p>}
      {versions.isSuccess && items.length === 0 && <Empty icon={<Tag size={28} strokeWidth={1.5} />} title={t("workflow.versions.none")} text={t("workflow.versions.noneText")} />}
      <ol className="mt-3 flex flex-col gap-1">
        <li>
          <button
            type="button"
            aria-current={viewing === null || undefined}
            className={clsx("w-full rounded-control px-3 py-2 text-start font-medium hover:bg-sunken", viewing === null && "bg-accent-soft text-accent")}
            onClick={() => onView(null)}
          >
            {t("workflow.versions.draft")}
          </button>
        </li>
        {items.map((entry) => (
          <VersionRow key={entry.id} entry={entry} items={items} editable={editable} viewing={viewing} onView={onView} />
        ))}
      </ol>
      {versions.hasNextPage && (
        <Button className="mt-2" busy={versions.isFetchingNextPage} onClick={() => void versions.fetchNextPage()}>
          {t("workflow.versions.more")}
        </Button>
      )}
      {viewing?.comparison != null && (
        <section className="mt-4 border-t border-line pt-4">
          <h3 className="mb-2 font-semibold">{t("workflow.versions.changes")}</h3>
          <ChangesList comparison={viewing.comparison} />
        </section>
      )}
    </Panel>
  );
}

interface VersionRowProps {
  entry: VersionEntry;
  items: readonly VersionEntry[];
  editable: boolean;
  viewing: Viewing | null;
  onView: (viewing: Viewing | null) => void;
}

function VersionRow({ entry, items, editable, viewing, onView }: VersionRowProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const saving = useSaving();
  const store = useWorkflowStore();
  const appId = useWorkflow((state) => state.appId);
  const [asking, setAsking] = useState<"restore" | "delete" | "name" | null>(null);
  const [comparing, setComparing] = useState(false);
  const shown = viewing?.version.id === entry.id;
  const read = (id: string) => queries.query({ queryKey: ["version", appId, id], queryFn: () => workflowApi.version(appId, id), staleTime: "static" });
  const attempt = async (work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      showToast("danger", errorText(error));
    }
  };
  const view = (against: string | null) =>
    attempt(async () => {
      const version = await read(entry.id);
      const { doc } = openDraft(version);
      if (against === null) onView({ version, doc, comparison: null });
      else if (against === "draft") onView({ version, doc, comparison: compare(documentOf(store.getState()), doc) });
      else onView({ version, doc, comparison: compare(openDraft(await read(against)).doc, doc) });
      setComparing(false);
    });
  const restore = async () => {
    if (!(await saving.flush())) return;
    await workflowApi.restoreVersion(appId, entry.id, saving.state.getState().hash);
    onView(null);
    saving.accept(await workflowApi.draft(appId));
    showToast("ok", t("workflow.versions.restored"));
  };
  const remove = async () => {
    await workflowApi.deleteVersion(appId, entry.id);
    if (shown) onView(null);
    await queries.invalidateQueries({ queryKey: ["versions", appId] });
  };
  const nameOf = useVersionName();
  const name = nameOf(entry);
  return (
    <li className={clsx("flex items-start gap-1 rounded-control pr-1 hover:bg-sunken", shown && "bg-accent-soft")}>
      <button type="button" aria-current={shown || undefined} className="min-w-0 flex-1 px-3 py-2 text-start" onClick={() => void view(null)}>
        <span className="flex items-center gap-2">
          <span className="truncate font-medium">{name}</span>
          {entry.current && <span className="rounded-full bg-ok-soft px-2 text-12 text-ok">{t("workflow.versions.live")}</span>}
        </span>
        {entry.marked_comment !== "" && <span className="block break-words">{entry.marked_comment}</span>}
        <span className="block text-12 text-muted">
          <Time at={entry.created_at} /> {entry.created_by?.name}
        </span>
      </button>
      <Menu
        trigger={
          <IconButton label={t("workflow.versions.menu", { name })} className="mt-1.5">
            <MoreHorizontal size={16} strokeWidth={1.5} aria-hidden />
          </IconButton>
        }
      >
        <MenuItem icon={<GitCompare size={16} strokeWidth={1.5} />} onSelect={() => setComparing(true)}>
          {t("workflow.versions.compare")}
        </MenuItem>
        {editable && (
          <>
            <MenuItem icon={<RotateCcw size={16} strokeWidth={1.5} />} onSelect={() => setAsking("restore")}>
              {t("workflow.versions.restore")}
            </MenuItem>
            <MenuItem icon={<Pencil size={16} strokeWidth={1.5} />} onSelect={() => setAsking("name")}>
              {t("workflow.versions.rename")}
            </MenuItem>
          </>
        )}
        <MenuItem icon={<Copy size={16} strokeWidth={1.5} />} onSelect={() => void navigator.clipboard.writeText(entry.id)}>
          {t("workflow.versions.copyId")}
        </MenuItem>
        {editable && !entry.current && (
          <>
            <MenuSeparator />
            <MenuItem icon={<Trash2 size={16} strokeWidth={1.5} />} danger onSelect={() => setAsking("delete")}>
              {t("workflow.commands.delete")}
            </MenuItem>
          </>
        )}
      </Menu>
      {asking === "restore" && (
        <ConfirmDialog title={t("workflow.versions.restoreTitle", { name })} text={t("workflow.versions.restoreText")} action={t("workflow.versions.restore")} onClose={() => setAsking(null)} onConfirm={restore} />
      )}
      {asking === "delete" && (
        <ConfirmDialog title={t("workflow.versions.deleteTitle", { name })} text={t("workflow.versions.deleteText")} action={t("workflow.commands.delete")} onClose={() => setAsking(null)} onConfirm={remove} />
      )}
      {asking === "name" && <NameDialog entry={entry} onClose={() => setAsking(null)} />}
      {comparing && (
        <Dialog open onOpenChange={setComparing} title={t("workflow.versions.compareTitle", { name })}>
          <NativeSelect aria-label={t("workflow.versions.against")} value="" onChange={(event) => void view(event.target.value)}>
            <option value="" disabled>
              {t("workflow.versions.against")}
            </option>
            <option value="draft">{t("workflow.versions.draft")}</option>
            {items
              .filter((each) => each.id !== entry.id)
              .map((each) => (
                <option key={each.id} value={each.id}>
                  {nameOf(each)}
                </option>
              ))}
          </NativeSelect>
        </Dialog>
      )}
    </li>
  );
}

function NameDialog({ entry, onClose }: { entry: VersionEntry; onClose: () => void }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const appId = useWorkflow((state) => state.appId);
  const [name, setName] = useState(entry.marked_name);
  const [notes, setNotes] = useState(entry.marked_comment);
  const [error, setError] = useState<unknown>(null);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    try {
      await workflowApi.describeVersion(appId, entry.id, { marked_name: name, marked_comment: notes });
      await queries.invalidateQueries({ queryKey: ["versions", appId] });
      onClose();
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={t("workflow.versions.rename")}>
      <form className="flex flex-col gap-3" onSubmit={(event) => void submit(event)}>
        <MarkFields name={name} notes={notes} onName={setName} onNotes={setNotes} />
        {error !== null && (
          <p role="alert" className="text-danger">
            {errorText(error)}
          </p>
        )}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button type="submit" variant="primary">
            {t("workflow.variables.save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

interface MarkFieldsProps {
  name: string;
  notes: string;
  onName: (name: string) => void;
  onNotes: (notes: string) => void;
}

/** The name and the notes of a version. */
export function MarkFields({ name, notes, onName, onNotes }: MarkFieldsProps) {
  const { t } = useTranslation();
  return (
    <>
      <Field id="version-name" label={t("workflow.publish.name")} optional>
        <TextInput id="version-name" maxLength={20} value={name} onChange={(event) => onName(event.target.value)} />
      </Field>
      <Field id="version-notes" label={t("workflow.publish.notes")} optional>
        <TextInput id="version-notes" maxLength={100} value={notes} onChange={(event) => onNotes(event.target.value)} />
      </Field>
    </>
  );
}

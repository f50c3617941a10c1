import { useQuery } from "@tanstack/react-query";
import { BookOpen, Plus, Search, X } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { isApiError } from "@/api/http";
import { api, call } from "@/api/client";
import { PopoverCard } from "@/features/editors/popover-card";
import { TagInput } from "@/ui/tag-input";
import { Button, IconButton } from "@/ui/button";
import { Spinner } from "@/ui/spinner";

interface Base {
  id: string;
  name: string;
  description?: string | null;
  document_count?: number;
  indexing_technique?: string | null;
}

/** The knowledge bases of the workspace. A server without any answers 404. */
async function listBases(signal: AbortSignal): Promise<Base[] | null> {
  try {
    const answer = (await call(
      api.GET("/datasets" as never, { params: { query: { page: 1, limit: 100 } }, signal } as never) as Promise<{ data?: unknown; response: Response }>,
    )) as unknown as { data?: Base[] };
    return answer.data ?? [];
  } catch (error) {
    if (isApiError(error, 404)) return null;
    throw error;
  }
}

export function useBases() {
  return useQuery({ queryKey: ["datasets", "picker"], queryFn: ({ signal }) => listBases(signal), staleTime: 30_000 });
}

interface BasesPickerProps {
  value: readonly string[];
  onChange: (ids: string[]) => void;
  label: string;
  disabled?: boolean;
  id?: string;
}

/** Which knowledge bases are searched. */
export function BasesPicker({ value, onChange, label, disabled = false, id }: BasesPickerProps) {
  const { t } = useTranslation();
  const { data, isPending, isError } = useBases();
  const [open, setOpen] = useState(false);
  // Bases of other services are known by their ids alone.
  if (data === null) return <TagInput label={label} placeholder={t("panels.bases.byId")} value={value} disabled={disabled} onChange={onChange} {...(id === undefined ? {} : { id })} />;
  const known = new Map((data ?? []).map((base) => [base.id, base]));
  return (
    <div className="flex flex-col gap-1">
      {value.map((each) => (
        <div key={each} className="flex min-h-8 items-center gap-2 rounded-control border border-line bg-raised ps-2">
          <BookOpen size={14} strokeWidth={1.5} className="shrink-0 text-node-knowledge" />
          <span className={known.has(each) || isPending ? "min-w-0 flex-1 truncate" : "min-w-0 flex-1 truncate text-danger"}>
            {known.get(each)?.name ?? (isPending ? "…" : t("panels.bases.gone", { id: each }))}
          </span>
          {!disabled && (
            <IconButton label={t("panels.removeItem", { name: known.get(each)?.name ?? each })} onClick={() => onChange(value.filter((other) => other !== each))}>
              <X size={14} strokeWidth={1.5} />
            </IconButton>
          )}
        </div>
      ))}
      {isError && <p className="text-12 text-danger">{t("panels.bases.failed")}</p>}
      {!disabled && (
        <PopoverCard
          open={open}
          onOpenChange={setOpen}
          label={label}
          trigger={
            <Button id={id} variant="quiet" size="small" className="self-start" icon={<Plus size={14} strokeWidth={1.5} />}>
              {t("panels.bases.add")}
            </Button>
          }
        >
          {isPending ? (
            <div className="flex justify-center p-6">
              <Spinner />
            </div>
          ) : (
            <BaseList bases={data ?? []} chosen={value} onChange={onChange} />
          )}
        </PopoverCard>
      )}
    </div>
  );
}

function BaseList({ bases, chosen, onChange }: { bases: readonly Base[]; chosen: readonly string[]; onChange: (ids: string[]) => void }) {
  const { t } = useTranslation();
  const [search, setSearch] = useState("");
  const found = bases.filter((base) => base.name.toLowerCase().includes(search.trim().toLowerCase()));
  return (
    <>
      <label className="flex items-center gap-2 border-b border-line px-3">
        <Search size={14} strokeWidth={1.5} className="shrink-0 text-muted" />
        <input
          autoFocus
          aria-label={t("panels.bases.search")}
          placeholder={t("panels.bases.search")}
          value={search}
          onChange={(event) => setSearch(event.target.value)}
          className="h-9 w-full bg-transparent outline-none placeholder:text-muted"
        />
      </label>
      <div className="min-h-0 flex-1 overflow-y-auto p-1">
        {found.map((base) => (
          <label key={base.id} className="flex min-h-8 cursor-pointer items-center gap-2 rounded-control px-2 hover:bg-sunken pointer-coarse:min-h-10">
            <input
              type="checkbox"
              checked={chosen.includes(base.id)}
              onChange={(event) => onChange(event.target.checked ? [...chosen, base.id] : chosen.filter((each) => each !== base.id))}
            />
            <span className="min-w-0 flex-1 truncate">{base.name}</span>
            {base.document_count !== undefined && <span className="text-12 text-muted">{t("panels.bases.documents", { count: base.document_count })}</span>}
          </label>
        ))}
        {found.length === 0 && <p className="px-3 py-6 text-center text-muted">{bases.length === 0 ? t("panels.bases.none") : t("panels.bases.notFound", { search })}</p>}
      </div>
    </>
  );
}

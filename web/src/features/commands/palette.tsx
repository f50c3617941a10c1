import { useRouter } from "@tanstack/react-router";
import { Command as Cmdk } from "cmdk";
import { Clock, Search, type LucideIcon } from "lucide-react";
import { Dialog } from "radix-ui";
import { useState, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { OVERLAY } from "@/ui/dialog";
import { Shortcut } from "@/ui/shortcut";
import { Spinner } from "@/ui/spinner";
import { recentItems, remember } from "./recent";
import { currentCommands, keysOf, onCommandsChange, type Command } from "./registry";
import { saysAll, type Hit } from "./sources";
import { useHits } from "./use-hits";

/** One box for everything: commands of this page, and whatever the sources know. */
export default function Palette({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const router = useRouter();
  const [query, setQuery] = useState("");
  const [recent] = useState(recentItems);
  // The first line is the chosen one, also when answers come late, until somebody moves.
  const [moved, setMoved] = useState<string | null>(null);
  const commands = useSyncExternalStore(onCommandsChange, currentCommands).filter((each) => each.enabled !== false && each.onlyKeys !== true);
  const answers = useHits(query);
  const typed = query.trim();
  const scoped = typed.startsWith("@");
  const fitting = scoped ? [] : commands.filter((each) => saysAll(typed, each.label, each.group, ...(each.keywords ?? [])));

  const placed = typed === "" ? recent.filter((item) => item.kind === "place" || commands.some(({ id }) => id === item.id)) : [];
  const first =
    [
      ...placed.map((item) => `recent ${item.kind === "place" ? item.to : item.id}`),
      ...answers.flatMap(({ source, hits }) => hits.map((hit) => `${source.id} ${hit.id}`)),
      ...fitting.map(({ id }) => `command ${id}`),
    ][0] ?? "";

  const perform = (command: Command) => {
    remember({ kind: "command", id: command.id });
    onClose();
    command.perform();
  };
  const go = (to: string, label: string, hint: string) => {
    remember({ kind: "place", to, label, hint });
    onClose();
    router.history.push(to);
  };
  const open = (hit: Hit) => {
    if (hit.to !== undefined) {
      go(hit.to, hit.label, hit.hint ?? "");
      return;
    }
    onClose();
    hit.perform?.();
  };

  return (
    <Dialog.Root open onOpenChange={(next) => !next && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className={OVERLAY} />
        <Dialog.Content
          aria-describedby={undefined}
          className="animate-appear fixed inset-x-0 top-[12dvh] z-50 mx-auto w-[calc(100vw-24px)] max-w-150 overflow-hidden rounded-dialog border border-line bg-raised text-text shadow-float outline-none"
        >
          <Dialog.Title className="sr-only">{t("commands.title")}</Dialog.Title>
          <Cmdk
            label={t("commands.title")}
            loop
            shouldFilter={false}
            value={moved ?? first}
            onValueChange={(value) => setMoved((before) => (before === null ? null : value))}
            onKeyDownCapture={(event) => event.key.startsWith("Arrow") && setMoved(moved ?? first)}
            onPointerMoveCapture={() => setMoved(moved ?? first)}
          >
            <div className="flex items-center gap-3 border-b border-line px-4">
              {answers.some(({ state }) => state === "asking") ? <Spinner className="text-muted" /> : <Search size={16} strokeWidth={1.5} className="text-muted" />}
              <Cmdk.Input
                value={query}
                onValueChange={(next) => {
                  setQuery(next);
                  setMoved(null);
                }}
                placeholder={t("commands.placeholder")}
                className="h-12 min-w-0 flex-1 bg-transparent text-14 outline-none placeholder:text-muted"
              />
              <Shortcut keys="escape" />
            </div>
            <Cmdk.List className="max-h-[min(60dvh,480px)] overflow-y-auto p-1.5">
              <Cmdk.Empty className="py-10 text-center text-muted">{t("common.nothingFound")}</Cmdk.Empty>
              {placed.length > 0 && (
                <Cmdk.Group heading={t("commands.recent")} className={GROUP}>
                  {placed.map((item) => {
                    if (item.kind === "place") {
                      return <Line key={item.to} id={`recent ${item.to}`} icon={Clock} label={item.label} hint={item.hint} onSelect={() => go(item.to, item.label, item.hint)} />;
                    }
                    const command = commands.find(({ id }) => id === item.id);
                    return command && <Line key={item.id} id={`recent ${item.id}`} icon={command.icon ?? Clock} label={command.label} onSelect={() => perform(command)} />;
                  })}
                </Cmdk.Group>
              )}
              {answers.map(({ source, hits, state }) =>
                hits.length === 0 && state !== "failed" ? null : (
                  <Cmdk.Group key={source.id} heading={source.label(t)} className={GROUP}>
                    {state === "failed" && (
                      <p role="alert" className="px-2.5 py-1.5 text-danger">
                        {t("commands.sourceFailed")}
                      </p>
                    )}
                    {hits.map((hit) => (
                      <Line key={hit.id} id={`${source.id} ${hit.id}`} icon={hit.icon} label={hit.label} hint={hit.hint} onSelect={() => open(hit)} />
                    ))}
                  </Cmdk.Group>
                ),
              )}
              {grouped(fitting).map(([group, members]) => (
                <Cmdk.Group key={group} heading={group} className={GROUP}>
                  {members.map((command) => (
                    <Line
                      key={command.id}
                      id={`command ${command.id}`}
                      icon={command.icon}
                      label={command.label}
                      shortcut={keysOf(command)[0]}
                      onSelect={() => perform(command)}
                    />
                  ))}
                </Cmdk.Group>
              ))}
            </Cmdk.List>
          </Cmdk>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

const GROUP =
  "[&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-12 [&_[cmdk-group-heading]]:text-muted";

interface LineProps {
  id: string;
  icon?: LucideIcon | undefined;
  label: string;
  hint?: string | undefined;
  shortcut?: string | undefined;
  onSelect: () => void;
}

function Line({ id, icon: Icon, label, hint, shortcut, onSelect }: LineProps) {
  return (
    <Cmdk.Item
      value={id}
      onSelect={onSelect}
      className="flex min-h-9 cursor-pointer items-center gap-3 rounded-control px-2.5 data-[selected=true]:bg-text/8 pointer-coarse:min-h-11"
    >
      <span className="inline-flex w-4 shrink-0 justify-center text-muted">{Icon !== undefined && <Icon size={16} strokeWidth={1.5} />}</span>
      <span className="min-w-0 truncate">{label}</span>
      {hint !== undefined && hint !== "" && <span className="min-w-0 flex-1 truncate text-12 text-muted">{hint}</span>}
      {shortcut !== undefined && <Shortcut keys={shortcut} className="ml-auto text-muted" />}
    </Cmdk.Item>
  );
}

function grouped(commands: readonly Command[]): [string, Command[]][] {
  const groups = new Map<string, Command[]>();
  for (const command of commands) groups.set(command.group, [...(groups.get(command.group) ?? []), command]);
  return [...groups];
}

import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import { Badge } from "@/ui/badge";
import { Cell, HeadCell, Row, Table, TableHead } from "@/ui/table";
import { Time } from "@/ui/time";
import { ConversationDrawer } from "./conversation-drawer";
import { CameFrom, Ended, Filters, Marked, Order, Rated } from "./filters";
import { LogExport } from "./log-export";
import { SORTS } from "./log-filter";
import { LogList } from "./log-list";
import type { LogProps } from "./logs-page";
import { conversationsQuery, talkFilter } from "./logs-query";
import { Annotated, Person, Ratings, Unread } from "./marks";
import { useSpan } from "./use-span";

/** The conversations of end users with an app. */
export function ConversationLog({ app, search, onSearch }: LogProps) {
  const { t } = useTranslation();
  const filter = talkFilter(search, useSpan(search.period));
  const list = useQuery(conversationsQuery(app.id, search, filter));
  const filters = { search, onChange: onSearch };
  const ids = list.data?.data.map((entry) => entry.id) ?? [];
  const open = (id: string | undefined) => onSearch({ ...search, open: id });
  return (
    <>
      <Filters search={search} onChange={onSearch} actions={<LogExport appId={app.id} log="chat-conversations" filter={filter} />}>
        <Marked {...filters} />
        <Rated {...filters} />
        <Ended {...filters} />
        <CameFrom appId={app.id} {...filters} />
        <Order {...filters} sorts={SORTS} />
      </Filters>
      <LogList list={list} search={search} onSearch={onSearch} appUrl={app.site?.url}>
        {(entries) => (
          <Table label={t("logs.conversations")}>
            <TableHead>
              <HeadCell className="w-full">{t("logs.summary")}</HeadCell>
              <HeadCell className="max-sm:hidden">{t("logs.person")}</HeadCell>
              <HeadCell numeric>{t("logs.messages")}</HeadCell>
              <HeadCell className="max-md:hidden">{t("logs.userRating")}</HeadCell>
              <HeadCell className="max-md:hidden">{t("logs.adminRating")}</HeadCell>
              <HeadCell>{t("logs.updated")}</HeadCell>
              <HeadCell className="max-lg:hidden">{t("logs.created")}</HeadCell>
            </TableHead>
            <tbody>
              {entries.map((entry) => (
                <ConversationRow key={entry.id} entry={entry} selected={entry.id === search.open} onOpen={() => open(entry.id)} />
              ))}
            </tbody>
          </Table>
        )}
      </LogList>
      {search.open !== undefined && <ConversationDrawer key={search.open} appId={app.id} id={search.open} neighbours={ids} onOpen={open} onClose={() => open(undefined)} />}
    </>
  );
}

function ConversationRow({ entry, selected, onOpen }: { entry: Schemas["LoggedConversation"]; selected: boolean; onOpen: () => void }) {
  const { t } = useTranslation();
  return (
    <Row onOpen={onOpen} selected={selected}>
      <Cell className="max-w-0">
        <span className="flex items-center gap-2">
          <Unread at={entry.read_at} />
          <span className="truncate">{entry.summary.trim() === "" ? t("logs.untitled") : entry.summary}</span>
          <Annotated on={entry.annotated} />
          {entry.failure_count > 0 && <Badge tone="danger">{t("logs.failures", { count: entry.failure_count })}</Badge>}
          {entry.deleted_by_user && <Badge>{t("logs.deleted")}</Badge>}
        </span>
      </Cell>
      <Cell className="max-w-50 max-sm:hidden">
        <Person name={entry.person} member={entry.by_account} />
      </Cell>
      <Cell className="text-end">{entry.message_count}</Cell>
      <Cell className="max-md:hidden">
        <Ratings {...entry.user_ratings} />
      </Cell>
      <Cell className="max-md:hidden">
        <Ratings {...entry.admin_ratings} />
      </Cell>
      <Cell className="text-muted">
        <Time at={entry.updated_at} />
      </Cell>
      <Cell className="text-muted max-lg:hidden">
        <Time at={entry.created_at} />
      </Cell>
    </Row>
  );
}

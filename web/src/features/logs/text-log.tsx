import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Cell, HeadCell, Row, Table, TableHead } from "@/ui/table";
import { Time } from "@/ui/time";
import { CameFrom, Ended, Filters, Order, Rated } from "./filters";
import { LogExport } from "./log-export";
import { RUN_SORTS } from "./log-filter";
import { LogList } from "./log-list";
import type { LogProps } from "./logs-page";
import { talkFilter, textsQuery } from "./logs-query";
import { Person, ratingCount, Ratings, Unread } from "./marks";
import { TextDrawer } from "./text-drawer";
import { useSpan } from "./use-span";

/** What end users had a completion app write. */
export function TextLog({ app, search, onSearch }: LogProps) {
  const { t } = useTranslation();
  const filter = talkFilter(search, useSpan(search.period));
  const list = useQuery(textsQuery(app.id, search, filter));
  const filters = { search, onChange: onSearch };
  const ids = list.data?.data.map((entry) => entry.id) ?? [];
  const open = (id: string | undefined) => onSearch({ ...search, open: id });
  return (
    <>
      <Filters search={search} onChange={onSearch} actions={<LogExport appId={app.id} log="completion-messages" filter={filter} />}>
        <Rated {...filters} />
        <Ended {...filters} />
        <CameFrom appId={app.id} {...filters} />
        <Order {...filters} sorts={RUN_SORTS} />
      </Filters>
      <LogList list={list} search={search} onSearch={onSearch} appUrl={app.site?.url}>
        {(entries) => (
          <Table label={t("logs.texts")}>
            <TableHead>
              <HeadCell className="w-1/2">{t("logs.input")}</HeadCell>
              <HeadCell className="w-1/2 max-sm:hidden">{t("logs.output")}</HeadCell>
              <HeadCell className="max-md:hidden">{t("logs.person")}</HeadCell>
              <HeadCell className="max-md:hidden">{t("logs.userRating")}</HeadCell>
              <HeadCell className="max-md:hidden">{t("logs.adminRating")}</HeadCell>
              <HeadCell>{t("logs.when")}</HeadCell>
            </TableHead>
            <tbody>
              {entries.map((entry) => (
                <Row key={entry.id} onOpen={() => open(entry.id)} selected={entry.id === search.open}>
                  <Cell className="max-w-0">
                    <span className="flex items-center gap-2">
                      <Unread at={entry.read_at} />
                      <span className="truncate">{entry.input}</span>
                    </span>
                  </Cell>
                  <Cell className="max-w-0 truncate max-sm:hidden">{entry.output}</Cell>
                  <Cell className="max-w-50 max-md:hidden">
                    <Person name={entry.person} member={entry.by_account} />
                  </Cell>
                  <Cell className="max-md:hidden">
                    <Ratings {...ratingCount(entry.user_rating)} />
                  </Cell>
                  <Cell className="max-md:hidden">
                    <Ratings {...ratingCount(entry.admin_rating)} />
                  </Cell>
                  <Cell className="text-muted">
                    <Time at={entry.created_at} />
                  </Cell>
                </Row>
              ))}
            </tbody>
          </Table>
        )}
      </LogList>
      {search.open !== undefined && <TextDrawer key={search.open} appId={app.id} id={search.open} neighbours={ids} onOpen={open} onClose={() => open(undefined)} />}
    </>
  );
}

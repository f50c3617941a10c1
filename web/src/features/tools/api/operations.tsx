import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Spinner } from "@/ui/spinner";
import { Cell, HeadCell, Row, Table, TableHead } from "@/ui/table";
import type { Operation } from "../tools-query";
import type { ApiForm } from "./draft";
import { TryDialog } from "./try-dialog";

const PAUSE_MS = 400;

/** What a description offers, read by the server a moment after typing stopped. */
export function useOperations(schema: string) {
  const [settled, setSettled] = useState(schema);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(schema), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [schema]);
  const read = useQuery({
    queryKey: ["tools-schema", settled],
    enabled: settled.trim() !== "",
    gcTime: 0,
    queryFn: ({ signal }) => call(api.POST("/workspaces/current/tool-provider/api/schema", { body: { schema: settled }, signal })),
  });
  const current = settled === schema && schema.trim() !== "";
  return { found: current ? read.data : undefined, error: current ? read.error : null, busy: schema.trim() !== "" && (!current || read.isPending) };
}

interface OperationsProps {
  form: ApiForm;
  stored: string | undefined;
  read: ReturnType<typeof useOperations>;
}

/** The operations that become tools, each to be tried; or why there are none. */
export function Operations({ form, stored, read }: OperationsProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const [trying, setTrying] = useState<Operation | null>(null);
  if (read.error !== null) {
    return (
      <p role="alert" className="rounded-control bg-danger-soft px-3 py-2 break-words whitespace-pre-line text-danger">
        {errorText(read.error)}
      </p>
    );
  }
  if (read.busy) return <Spinner />;
  if (read.found === undefined) return <p className="text-muted">{t("tools.api.noOperations")}</p>;
  const { parameters_schema: operations, warning } = read.found;
  return (
    <>
      <Table label={t("tools.api.operations")} className="rounded-card border border-line">
        <TableHead>
          <HeadCell>{t("tools.api.operation")}</HeadCell>
          <HeadCell className="max-sm:hidden">{t("tools.api.address")}</HeadCell>
          <HeadCell>
            <span className="sr-only">{t("tools.api.try")}</span>
          </HeadCell>
        </TableHead>
        <tbody>
          {operations.map((operation) => (
            <Row key={operation.operation_id}>
              <Cell>
                <span className="block font-mono text-12 break-all">{operation.operation_id}</span>
                <span className="block text-12 break-words text-muted">{operation.summary}</span>
                {warning[operation.operation_id] !== undefined && <span className="block text-12 text-warn">{warning[operation.operation_id]}</span>}
              </Cell>
              <Cell className="text-12 break-all text-muted max-sm:hidden">
                {operation.method.toUpperCase()} {operation.server_url}
              </Cell>
              <Cell className="text-end">
                <Button size="small" aria-label={t("tools.api.tryNamed", { name: operation.operation_id })} onClick={() => setTrying(operation)}>
                  {t("tools.api.try")}
                </Button>
              </Cell>
            </Row>
          ))}
        </tbody>
      </Table>
      {trying !== null && <TryDialog operation={trying} form={form} stored={stored} onClose={() => setTrying(null)} />}
    </>
  );
}

import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { Address } from "@/features/publish/address";

/** Where programs send their requests; with a base, also what it is called there. */
export function ApiAddress({ baseId }: { baseId?: string }) {
  const { t } = useTranslation();
  const info = useQuery({ queryKey: ["datasets", "api-address"], staleTime: Infinity, queryFn: ({ signal }) => call(api.GET("/datasets/api-base-info", { signal })) });
  return (
    <div className="flex flex-col gap-3">
      {info.data !== undefined && (
        <div className="flex flex-col gap-1">
          <p className="font-medium">{t("knowledgeSetup.keysOf.address")}</p>
          <Address url={info.data.api_base_url} />
        </div>
      )}
      {baseId !== undefined && (
        <div className="flex flex-col gap-1">
          <p className="font-medium">{t("knowledgeSetup.keysOf.id")}</p>
          <Address url={baseId} />
        </div>
      )}
    </div>
  );
}

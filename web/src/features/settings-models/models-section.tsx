import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useAccount } from "@/features/account/account-context";
import { mayAdminister } from "@/features/account/roles";
import { useText } from "@/features/schema-form/i18n-text";
import { TextInput } from "@/ui/field";
import { LoadFailed } from "@/ui/load-failed";
import { Spinner } from "@/ui/spinner";
import { Defaults } from "./defaults";
import { ProviderCard } from "./provider-card";
import { isSetUp, providersQuery, type ProviderEntry } from "./providers";

/** Who answers: the providers, their keys and models, and which model is asked by default. */
export default function ModelsSection() {
  const { t } = useTranslation();
  const text = useText();
  const { role } = useAccount();
  const mayChange = mayAdminister(role);
  const [search, setSearch] = useState("");
  const providers = useQuery(providersQuery);
  if (providers.error !== null) return <LoadFailed error={providers.error} onRetry={providers.refetch} />;
  if (providers.data === undefined) return <Spinner />;
  const wanted = search.trim().toLowerCase();
  const found = providers.data.filter((each) => {
    const own = each.custom_configuration.custom_models.map(({ model }) => model).join(" ");
    return `${each.provider} ${text(each.label)} ${own}`.toLowerCase().includes(wanted);
  });
  const ready = found.filter(isSetUp);
  const rest = found.filter((each) => !isSetUp(each));
  return (
    <div className="flex flex-col gap-8">
      <Defaults editable={mayChange} />
      <TextInput type="search" aria-label={t("modelSetup.search")} placeholder={t("modelSetup.search")} value={search} onChange={(event) => setSearch(event.target.value)} />
      <Group title={t("modelSetup.ready")} providers={ready} mayChange={mayChange} empty={wanted === "" ? t("modelSetup.noneReady") : t("modelSetup.noneFound")} />
      <Group title={t("modelSetup.more")} providers={rest} mayChange={mayChange} empty={t("modelSetup.noneFound")} />
    </div>
  );
}

interface GroupProps {
  title: string;
  providers: readonly ProviderEntry[];
  mayChange: boolean;
  empty: string;
}

function Group({ title, providers, mayChange, empty }: GroupProps) {
  return (
    <section className="flex flex-col gap-2">
      <h3 className="font-medium">{title}</h3>
      {providers.length === 0 && <p className="text-muted">{empty}</p>}
      <ul className="flex flex-col gap-2">
        {providers.map((provider) => (
          <li key={provider.provider}>
            <ProviderCard provider={provider} mayChange={mayChange} />
          </li>
        ))}
      </ul>
    </section>
  );
}

import { useMutation } from "@tanstack/react-query";
import { useId, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Combobox } from "@/ui/combobox";
import { Field, fieldProps, TextInput } from "@/ui/field";
import { showToast } from "@/ui/toast";
import { AddressDialog } from "./address-dialog";
import { rememberNotice } from "./notice";
import { useProfileWrites, type Profile } from "./profile-query";
import { nameProblem } from "./rules";
import { zoneOptions } from "./time-zones";

/** Name, address and time zone. The name is saved with its button, the zone as soon as it is chosen. `movable`: the server can
 * mail the codes that another address takes. */
export function ProfileForm({ profile, movable }: { profile: Profile; movable: boolean }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const ids = { name: useId(), email: useId(), zone: useId() };
  const zones = useMemo(() => zoneOptions(), []);
  const { change } = useProfileWrites();
  const [name, setName] = useState(profile.name);
  const [moving, setMoving] = useState(false);
  const save = useMutation({ mutationFn: change, onSuccess: () => showToast("ok", t("profile.saved")) });
  const problem = nameProblem(name);
  const changed = name.trim() !== profile.name;
  const refused = save.isError && save.variables.name !== undefined ? errorText(save.error) : undefined;
  const nameError = changed && problem !== null ? t(`account.problems.${problem}`) : refused;
  return (
    <div className="flex max-w-120 flex-col gap-4">
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (problem === null) save.mutate({ name: name.trim() });
        }}
      >
        <Field id={ids.name} label={t("account.name")} error={nameError}>
          <div className="flex gap-2">
            <TextInput {...fieldProps(ids.name, nameError)} autoComplete="name" value={name} onChange={(event) => setName(event.target.value)} />
            <Button type="submit" busy={save.isPending} disabled={!changed || problem !== null}>
              {t("profile.save")}
            </Button>
          </div>
        </Field>
      </form>
      <Field id={ids.email} label={t("account.email")}>
        <div className="flex gap-2">
          <TextInput id={ids.email} readOnly value={profile.email} className="bg-sunken!" />
          {movable && <Button onClick={() => setMoving(true)}>{t("proofs.address.change")}</Button>}
        </div>
      </Field>
      {moving && (
        <AddressDialog
          email={profile.email}
          onClose={() => setMoving(false)}
          onChanged={(email) => {
            rememberNotice(t("proofs.address.done", { email }));
            window.location.assign("/signin");
          }}
        />
      )}
      <Field id={ids.zone} label={t("profile.timeZone")} hint={t("profile.timeZoneHint")} error={save.isError && save.variables.name === undefined ? errorText(save.error) : undefined}>
        <Combobox
          id={ids.zone}
          label={t("profile.timeZone")}
          options={zones}
          value={profile.timezone}
          onChange={(timezone) => save.mutate({ timezone })}
        />
      </Field>
    </div>
  );
}

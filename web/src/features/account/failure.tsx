import { useErrorText } from "@/i18n/errors";

/** What the server answered to a form, below its fields; nothing while there is no error. */
export function Failure({ error }: { error: Error | null }) {
  const errorText = useErrorText();
  if (error === null) return null;
  return (
    <p role="alert" className="text-danger">
      {errorText(error)}
    </p>
  );
}

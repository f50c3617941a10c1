import "./ui/storage";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { whenSignedOut } from "./api/client";
import { ApiError } from "./api/http";
import { refreshSession } from "./features/account/session";
import { startTranslations } from "./i18n/i18n";
import { makeRouter } from "./routes/router";
import "./styles/index.css";
import { announceNonce } from "./ui/style-nonce";
import { applyTheme } from "./ui/theme";

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // The server said no: asking again changes nothing.
      retry: (failures, error) => !(error instanceof ApiError && error.status >= 400 && error.status < 500) && failures < 2,
      refetchOnWindowFocus: false,
    },
  },
});

const router = makeRouter(queries);

let leaving: Promise<void> | null = null;

/** The guards of the routes lead to the sign-in page and back; once, however many requests were refused. */
whenSignedOut(() => {
  leaving ??= sessionEnded().finally(() => (leaving = null));
});

async function sessionEnded(): Promise<void> {
  await refreshSession(queries);
  await router.invalidate();
}

/** A page that was open during an upgrade asks for chunks that are gone: it needs the new ones. */
window.addEventListener("vite:preloadError", () => void reloadOnce());

/** Without a server there is nothing newer: the page stays, with what it has. */
async function reloadOnce(): Promise<void> {
  const last = Number(sessionStorage.getItem("treadle.reloaded") ?? 0);
  if (Date.now() - last < 60_000) return;
  const answer = await fetch("/health").catch(() => null);
  if (!answer?.ok) return;
  sessionStorage.setItem("treadle.reloaded", String(Date.now()));
  window.location.reload();
}

announceNonce();
applyTheme();
await startTranslations();

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no element #root.");
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);

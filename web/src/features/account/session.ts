import { queryOptions, type QueryClient } from "@tanstack/react-query";
import { api, call, maybeSignedIn } from "@/api/client";
import type { Account } from "@/api/console";
import { isApiError } from "@/api/http";

/** Who is at the console: nobody yet (before set-up), somebody signed out, or an account. */
export interface Session {
  setUp: boolean;
  account: Account | null;
}

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: async (): Promise<Session> => {
    const [{ completed }, account] = await Promise.all([call(api.GET("/setup")), accountOrNull()]);
    return { setUp: completed, account };
  },
  retry: 1,
});

async function accountOrNull(): Promise<Account | null> {
  if (!maybeSignedIn()) return null;
  try {
    return await call(api.GET("/account"));
  } catch (error) {
    if (isApiError(error, 401) || isApiError(error, 403)) return null;
    throw error;
  }
}

/** Reads the session anew and forgets what the one before had loaded. */
export async function refreshSession(queries: QueryClient): Promise<Session> {
  queries.removeQueries({ predicate: (query) => query.queryKey[0] !== "session" });
  return queries.query({ ...sessionQuery, staleTime: 0 });
}

/** A path of this site to return to after signing in; anything else becomes the home page. */
export function safeReturn(path: string | undefined): string {
  return path?.startsWith("/") === true && !/^\/[/\\]/.test(path) ? path : "/";
}

import { createContext, useContext } from "react";
import type { Account } from "@/api/console";

export const AccountContext = createContext<Account | null>(null);

/** Who is signed in, with role and workspace. Only inside the console. */
export function useAccount(): Account {
  const account = useContext(AccountContext);
  if (account === null) throw new Error("useAccount is for pages of the console: there is no account around this one.");
  return account;
}

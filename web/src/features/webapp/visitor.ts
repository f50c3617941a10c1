import { valuesFromAddress } from "@/features/input-form/url-values";

/** Who uses the page, as the page that embeds it says: nothing of it is proved. */
export interface Visitor {
  userId: string | null;
  /** The conversation to open first. */
  conversationId: string | null;
  name: string | null;
  avatarUrl: string | null;
}

export const NOBODY: Visitor = { userId: null, conversationId: null, name: null, avatarUrl: null };

/** The visitor that the page's address names (spec: console §13). */
export async function visitorFromAddress(search: string): Promise<Visitor> {
  const given = await valuesFromAddress(search);
  const avatar = given["user.avatar_url"];
  return {
    userId: given["sys.user_id"]?.trim() || null,
    conversationId: given["sys.conversation_id"]?.trim() || null,
    name: given["user.name"]?.trim() || null,
    avatarUrl: avatar !== undefined && /^https?:\/\//.test(avatar) ? avatar : null,
  };
}

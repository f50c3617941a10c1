/** The rules of account fields (spec: console §1.3). The names of broken rules are the keys of their texts. */
export type AccountProblem = "emailRequired" | "emailInvalid" | "nameRequired" | "nameTooLong" | "passwordRequired" | "passwordWeak" | "passwordsDiffer";

export const MAX_NAME = 30;
export const MIN_PASSWORD = 8;

export function emailProblem(email: string): AccountProblem | null {
  if (email.trim() === "") return "emailRequired";
  return /^[^\s@]+@[^\s@]+\.[^\s@]+$|^[^\s@]+@localhost$/.test(email.trim()) ? null : "emailInvalid";
}

export function nameProblem(name: string): AccountProblem | null {
  if (name.trim() === "") return "nameRequired";
  return Array.from(name.trim()).length > MAX_NAME ? "nameTooLong" : null;
}

/** A new password: at least eight characters with a letter and a digit. */
export function newPasswordProblem(password: string): AccountProblem | null {
  if (password === "") return "passwordRequired";
  return password.length >= MIN_PASSWORD && /[A-Za-z]/.test(password) && /\d/.test(password) ? null : "passwordWeak";
}

/** The new password once more. */
export function repeatProblem(password: string, repeated: string): AccountProblem | null {
  return password === repeated ? null : "passwordsDiffer";
}

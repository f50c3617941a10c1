/** The nonce that style elements of this page must carry; empty where no policy asks for one. */
export const STYLE_NONCE = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? "";

/** Libraries that add style elements by themselves look for it under this name. */
export function announceNonce(): void {
  Object.assign(globalThis, { __webpack_nonce__: STYLE_NONCE });
}

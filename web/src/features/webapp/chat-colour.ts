/**
 * Gives the page the app's own accent colour until the returned function is called. The colour is moved to a lightness
 * that keeps its contrast in both themes, whatever was chosen.
 */
export function applyChatColour(colour: string | null): () => void {
  if (colour === null || !/^#[0-9a-f]{6}$/i.test(colour)) return () => undefined;
  const { style } = document.documentElement;
  style.setProperty("--accent", `light-dark(oklch(from ${colour} min(l, 0.5) c h), oklch(from ${colour} max(l, 0.74) min(c, 0.14) h))`);
  style.setProperty("--accent-soft", `light-dark(oklch(from ${colour} 0.955 min(c, 0.03) h), oklch(from ${colour} 0.29 min(c, 0.05) h))`);
  return () => {
    style.removeProperty("--accent");
    style.removeProperty("--accent-soft");
  };
}

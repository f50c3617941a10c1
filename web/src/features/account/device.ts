export interface Device {
  browser: string;
  system: string;
  mobile: boolean;
}

/** The first one named wins: browsers also name those that they resemble. */
const BROWSERS: readonly [string, RegExp][] = [
  ["Edge", /Edg(?:e|A|iOS)?\//],
  ["Opera", /OPR\//],
  ["Firefox", /Firefox\/|FxiOS\//],
  ["Chrome", /Chrome\/|CriOS\//],
  ["Safari", /Safari\//],
];

const SYSTEMS: readonly [string, RegExp][] = [
  ["Android", /Android/],
  ["iPhone", /iPhone/],
  ["iPad", /iPad/],
  ["Windows", /Windows/],
  ["macOS", /Macintosh|Mac OS X/],
  ["ChromeOS", /CrOS/],
  ["Linux", /Linux|X11/],
];

/** What a browser says of itself, in two words; null when it says nothing known. */
export function deviceOf(userAgent: string): Device | null {
  const first = (names: readonly [string, RegExp][]) => names.find(([, sign]) => sign.test(userAgent))?.[0];
  const browser = first(BROWSERS);
  const system = first(SYSTEMS);
  if (browser === undefined || system === undefined) return null;
  return { browser, system, mobile: /Android|iPhone|iPad|Mobile/.test(userAgent) };
}

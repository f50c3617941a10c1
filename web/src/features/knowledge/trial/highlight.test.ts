import { expect, it } from "vitest";
import { highlighted } from "./highlight";

const marked = (text: string, parts: string[]) =>
  highlighted(text, parts)
    .map((stretch) => (stretch.marked ? `[${stretch.text}]` : stretch.text))
    .join("");

it.each([
  ["The ferry leaves at nine. No diving.", ["leaves at nine."], "The ferry [leaves at nine.] No diving."],
  ["Two\n\nlines  here", ["Two lines here"], "[Two\n\nlines  here]"],
  ["a (b) c* d", ["(b) c*"], "a [(b) c*] d"],
  ["one two three", ["two three", "one two"], "[one two three]"],
  ["港では泳げません。", ["泳げません"], "港では[泳げません]。"],
  ["nothing of it", ["elsewhere", " "], "nothing of it"],
  ["", ["x"], ""],
])("marks in %j what %j say", (text, parts, expected) => expect(marked(text, parts)).toBe(expected));

it("a part with a picture is found although its link is opened by something else", () => {
  const text = "The pier ![image](/files/tools/a.png?timestamp=1&nonce=a&sign=b) at dawn.";
  const part = "![image](/files/tools/a.png?timestamp=2&nonce=c&sign=d) at dawn.";
  expect(highlighted(text, [part]).at(-1)).toEqual({ text: text.slice("The pier ".length), marked: true });
});

import { render } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { MarkdownParser, safeAddress } from "./parse";
import MarkdownRenderer from "./renderer";
import { splitThinking } from "./thinking";

const html = (text: string) => render(<MarkdownRenderer text={text} />).container.querySelector(".prose")?.innerHTML ?? "";

describe("MarkdownRenderer", () => {
  it("shows raw HTML as text", () => {
    const out = html('<img src=x onerror="alert(1)"><script>alert(1)</script>\n\nok <b onclick="x()">bold</b>');
    expect(out).not.toMatch(/<(img|script|b)\b/);
    expect(out).toContain("&lt;script&gt;");
  });

  it("renders no link that could run code", () => {
    expect(html("[a](javascript:alert(1)) [b](&#106;avascript:alert(1)) [c](data:text/html,x) ![d](javascript:x)")).not.toMatch(/href|src=/);
    expect(html("[a](https://a.example)")).toContain('href="https://a.example"');
  });

  it("renders tables with their alignment, tasks, and character references", () => {
    expect(html("| a | b |\n|--|--:|\n| 1 &amp; 2 | 3<br>4 |")).toContain('<td>1 &amp; 2</td><td style="text-align: right;">3<br>4</td>');
    expect(html("- [x] done")).toContain('type="checkbox"');
  });
});

describe("safeAddress", () => {
  it.each(["java\tscript:alert(1)", " javascript:alert(1)", "vbscript:x", "file:///etc/passwd", "data:image/png,x"])("refuses %j", (address) => {
    expect(safeAddress(address)).toBeNull();
  });
  it.each(["https://a.example/?a=1&b=2", "/files/1", "#top", "mailto:a@b.c"])("accepts %s", (address) => {
    expect(safeAddress(address)).toBe(address);
  });
});

describe("MarkdownParser", () => {
  it("gives for a growing text what it gives for the whole", () => {
    const text =
      "# Title\n\nSome *text* that\ngoes on.\n\n- one\n- two\n\n  more of two\n- three\n\n```js\nlet a = 1;\n\nlet b;\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nEnd\n===\n\n1. x\n\n2. y\n\n$$\na+b\n$$\n\nlast";
    const growing = new MarkdownParser();
    for (let length = 0; length <= text.length; length++) {
      const part = text.slice(0, length);
      expect(growing.parse(part).blocks.map((block) => block.raw)).toEqual(new MarkdownParser().parse(part).blocks.map((block) => block.raw));
    }
  });

  it("lets a late definition reach back", () => {
    const parser = new MarkdownParser();
    parser.parse("See [it][1].\n\nMore.\n\n");
    expect(JSON.stringify(parser.parse("See [it][1].\n\nMore.\n\n[1]: https://a.example\n").blocks)).toContain("https://a.example");
  });

  it("tells formulas from money", () => {
    const kinds = (text: string) => JSON.stringify(new MarkdownParser().parse(text).blocks).match(/"type":"math"/g)?.length ?? 0;
    expect(kinds("It costs $5 or $6.")).toBe(0);
    expect(kinds("So \\(x\\) and $$y$$.")).toBe(2);
    expect(kinds("$$\nx\n$$\n\n\\[\ny\n\\]")).toBe(2);
  });
});

describe("splitThinking", () => {
  it("separates thinking from the answer", () => {
    expect(splitThinking("<think>\nhm\n</think>\n\nYes.")).toEqual([
      { kind: "thinking", text: "hm", closed: true },
      { kind: "text", text: "\n\nYes.", closed: true },
    ]);
  });

  it("knows thinking that has not ended", () => {
    expect(splitThinking("<think>hm")).toEqual([{ kind: "thinking", text: "hm", closed: false }]);
  });

  it("reads details with a summary, and leaves code alone", () => {
    expect(splitThinking('<details style="x" open> <summary> Thinking... </summary>\nhm\n</details>a')).toMatchObject([
      { kind: "thinking", text: "hm" },
      { kind: "text", text: "a" },
    ]);
    expect(splitThinking("<details><summary>Sources</summary>\n- one\n</details>")).toEqual([
      { kind: "folded", label: "Sources", text: "- one", closed: true },
    ]);
    expect(splitThinking("```\n<think>x</think>\n```")).toHaveLength(1);
    expect(splitThinking("Use `<think>` tags")).toHaveLength(1);
  });
});

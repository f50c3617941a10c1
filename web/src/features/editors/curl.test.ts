import { describe, expect, it } from "vitest";
import { CurlError, parseCurl, wordsOf } from "./curl";

describe("the words of a command", () => {
  it("keep what stands in quotes together, whatever the quotes", () => {
    expect(wordsOf(`curl 'a b' "c \\"d\\" \\$e" f\\ g $'h\\n\\u00e9\\'i'`)).toEqual(["curl", "a b", 'c "d" $e', "f g", "h\né'i"]);
  });

  it("go on behind a line that is continued, on any system", () => {
    expect(wordsOf("curl \\\n  -X POST ^\r\n  http://a `\n  -s")).toEqual(["curl", "-X", "POST", "http://a", "-s"]);
  });

  it("join what touches", () => {
    expect(wordsOf(`curl 'it'"'"'s'`)).toEqual(["curl", "it's"]);
  });
});

describe("a cURL command", () => {
  it("becomes a request with a JSON body, over several lines", () => {
    const command = `curl --location --request PUT 'https://api.example.com/v1/items?limit=5&q=a%20b' \\
      -H 'Content-Type: application/json' \\
      --header "Authorization: Bearer sk-1" \\
      --data-raw '{
        "name": "It'\\''s {{x}}"
      }'`;
    expect(parseCurl(command)).toEqual({
      method: "put",
      url: "https://api.example.com/v1/items",
      headers: [["Authorization", "Bearer sk-1"]],
      params: [["limit", "5"], ["q", "a b"]],
      body: { type: "json", text: `{\n        "name": "It's {{x}}"\n      }` },
    });
  });

  it("with data is a POST of a form, in which repeated data are joined", () => {
    const read = parseCurl("curl http://e/x -d a=1 -d 'b=two+words' --data-urlencode 'c=1&2'");
    expect(read).toMatchObject({ method: "post", body: { type: "x-www-form-urlencoded", fields: [["a", "1"], ["b", "two words"], ["c", "1&2"]] } });
  });

  it("with -G sends its data in the address", () => {
    expect(parseCurl("curl -G http://e/x?z=0 -d a=1")).toMatchObject({ method: "get", params: [["z", "0"], ["a", "1"]], body: { type: "none" } });
  });

  it("keeps the parts of a form and knows files", () => {
    const { body } = parseCurl("curl -F name=Bo -F 'doc=@/tmp/a.pdf;type=application/pdf' http://e");
    expect(body).toEqual({
      type: "form-data",
      fields: [{ key: "name", value: "Bo", file: false }, { key: "doc", value: "/tmp/a.pdf;type=application/pdf", file: true }],
    });
  });

  it("understands joined options, users, agents, cookies and options without meaning here", () => {
    const read = parseCurl("curl -sSLk -XDELETE -u me:é --max-time 5 -A agent -b s=1 --compressed example.com/x");
    expect(read).toEqual({
      method: "delete",
      url: "http://example.com/x",
      headers: [["Authorization", "Basic bWU6w6k="], ["User-Agent", "agent"], ["Cookie", "s=1"]],
      params: [],
      body: { type: "none" },
    });
  });

  it("keeps a text body and its content type", () => {
    expect(parseCurl("curl http://e -H 'Content-Type: text/xml' --data-binary '<a/>'")).toMatchObject({
      headers: [["Content-Type", "text/xml"]],
      body: { type: "raw-text", text: "<a/>" },
    });
  });

  it.each([
    ["wget http://e", "notCurl"],
    ["", "notCurl"],
    ["curl 'http://e", "openQuote"],
    ["curl -s", "noUrl"],
    ["curl http://e -H", "missingArgument"],
  ])("%s is refused", (command, problem) => {
    expect(() => parseCurl(command)).toThrow(CurlError);
    try {
      parseCurl(command);
    } catch (error) {
      expect((error as CurlError).problem).toBe(problem);
    }
  });
});

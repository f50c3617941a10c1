import { describe, expect, it } from "vitest";
import { FrameParser, readFrames, StreamSilent, type Frame } from "./sse";

const frame = (data: string, over: Partial<Frame> = {}): Frame => ({ id: null, event: "message", data, ...over });

function bodyOf(...chunks: Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
}

async function collect(frames: AsyncIterable<Frame>): Promise<Frame[]> {
  const all: Frame[] = [];
  for await (const one of frames) all.push(one);
  return all;
}

describe("FrameParser", () => {
  it("gives a frame once its empty line has arrived", () => {
    const parser = new FrameParser();
    expect(parser.push('data: {"a"')).toEqual([]);
    expect(parser.push(":1}\n")).toEqual([]);
    expect(parser.push("\n")).toEqual([frame('{"a":1}')]);
  });

  it("gives the same frames wherever the text is cut", () => {
    const text = 'id: 1\ndata: {"x":"é"}\n\nevent: ping\n\nid: 2\ndata: two\ndata: lines\n\n';
    const whole = new FrameParser().push(text);
    for (let cut = 1; cut < text.length; cut++) {
      const parser = new FrameParser();
      expect([...parser.push(text.slice(0, cut)), ...parser.push(text.slice(cut))]).toEqual(whole);
    }
    expect(whole).toEqual([frame('{"x":"é"}', { id: "1" }), frame("", { event: "ping" }), frame("two\nlines", { id: "2" })]);
  });

  it("reads carriage returns, comments and fields without a space", () => {
    expect(new FrameParser().push(": hello\r\n\r\ndata:x\r\n\r\n")).toEqual([frame("x")]);
  });
});

describe("readFrames", () => {
  it("joins characters that the network cut in two", async () => {
    const bytes = new TextEncoder().encode("data: 潮\n\n");
    expect(await collect(readFrames(bodyOf(bytes.slice(0, 7), bytes.slice(7))))).toEqual([frame("潮")]);
  });

  it("gives up a connection that has fallen silent", async () => {
    const silent = new ReadableStream<Uint8Array>();
    await expect(collect(readFrames(silent, 5))).rejects.toBeInstanceOf(StreamSilent);
  });
});

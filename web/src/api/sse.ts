/** One frame of a server-sent event stream. `data` is empty for keep-alives (`event: ping`). */
export interface Frame {
  id: string | null;
  event: string;
  data: string;
}

/** Splits the text of an event stream into frames; feed it chunks cut anywhere. */
export class FrameParser {
  private rest = "";
  private id: string | null = null;
  private event = "message";
  private data: string[] = [];
  private seen = false;

  push(chunk: string): Frame[] {
    const frames: Frame[] = [];
    const lines = (this.rest + chunk).split("\n");
    this.rest = lines.pop() ?? "";
    for (const raw of lines) {
      const line = raw.endsWith("\r") ? raw.slice(0, -1) : raw;
      if (line === "") {
        if (this.seen) frames.push({ id: this.id, event: this.event, data: this.data.join("\n") });
        this.reset();
      } else {
        this.field(line);
      }
    }
    return frames;
  }

  private field(line: string): void {
    const colon = line.indexOf(":");
    if (colon === 0) return;
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    this.seen = true;
    if (name === "data") this.data.push(value);
    else if (name === "event") this.event = value;
    else if (name === "id") this.id = value;
  }

  private reset(): void {
    this.id = null;
    this.event = "message";
    this.data = [];
    this.seen = false;
  }
}

/** The stream fell silent for longer than the server's keep-alive allows. */
export class StreamSilent extends Error {
  override readonly name = "StreamSilent";
}

/** The server sends a keep-alive about every 10 seconds; three missed ones mean a dead connection. */
const SILENCE_MS = 35_000;

/** Reads the frames of a response until it closes. Throws StreamSilent, or what the connection throws. */
export async function* readFrames(
  body: ReadableStream<Uint8Array>,
  silenceMs: number = SILENCE_MS,
): AsyncGenerator<Frame, void, undefined> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const parser = new FrameParser();
  try {
    for (;;) {
      const { done, value } = await withDeadline(reader.read(), silenceMs);
      if (done) return;
      yield* parser.push(decoder.decode(value, { stream: true }));
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
}

async function withDeadline<T>(promise: Promise<T>, ms: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new StreamSilent()), ms);
  });
  try {
    return await Promise.race([promise, silence]);
  } finally {
    clearTimeout(timer);
  }
}

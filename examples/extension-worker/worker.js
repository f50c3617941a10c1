// An API extension as a Cloudflare Worker: it knows the weather of a few towns, and keeps a word out of chats.

const WEATHER = { lyon: "21 °C, dry", bergen: "9 °C, rain", kyoto: "26 °C, humid" };

const POINTS = {
  ping: () => ({ result: "pong" }),

  "app.external_data_tool.query": ({ inputs = {}, query = "" }) => {
    const town = String(inputs.town ?? query).trim().toLowerCase();
    return { result: WEATHER[town] ?? "Nothing is known about the weather there." };
  },

  "app.moderation.input": ({ inputs = {}, query = "" }, word) => {
    const cleaned = Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, clean(value, word)]));
    const kept = { inputs: cleaned, query: clean(query, word) };
    return { flagged: JSON.stringify(kept) !== JSON.stringify({ inputs, query }), action: "overridden", ...kept };
  },

  "app.moderation.output": ({ text = "" }, word) => {
    const cleaned = clean(text, word);
    return { flagged: cleaned !== text, action: "overridden", text: cleaned };
  },
};

function clean(value, word) {
  return typeof value === "string" && word ? value.replaceAll(word, "*".repeat(word.length)) : value;
}

function answer(body, status = 200) {
  return new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });
}

export default {
  /** `env.API_KEY` is the key that is entered in Treadle, `env.WORD` a word to keep out. */
  async fetch(request, env) {
    if (request.method !== "POST") return answer({ error: "Only POST is answered." }, 405);
    if (!env.API_KEY || request.headers.get("Authorization") !== `Bearer ${env.API_KEY}`) return answer({ error: "The key is wrong." }, 401);
    let call;
    try {
      call = await request.json();
    } catch {
      return answer({ error: "The body is no JSON." }, 400);
    }
    const point = Object.hasOwn(POINTS, call.point) ? POINTS[call.point] : undefined;
    return point === undefined ? answer({ error: `The point ${call.point} is not known.` }, 400) : answer(point(call.params ?? {}, env.WORD));
  },
};

// The streams: how each is doing, its newest frame, what is in view; for admins, starting and stopping them.
import { byId, element, icon } from "../element.js";
import { percent, say } from "../language.js";
import { ServerError, pause } from "../server.js";
import { announce, note } from "../status.js";
import { Framed } from "./frame.js";

const EVERY = 1; // seconds between two looks

export async function watchStreams(catalogue, { signal }) {
  const cards = new Map();
  let wake = () => {};
  byId("streams").replaceChildren();
  offerForm(catalogue, () => wake());
  signal.addEventListener("abort", () => {
    for (const card of cards.values()) card.frame.forget();
  });
  for (;;) {
    const { streams } = await patiently(() => catalogue.ask("/watch/streams", { signal }), signal);
    byId("watch").hidden = false;
    draw(cards, streams, catalogue, () => wake());
    await Promise.all(streams.map((stream) => cards.get(stream.id).look(stream, signal)));
    await Promise.race([pause(EVERY, signal), new Promise((resolve) => (wake = resolve))]);
    await seen(signal);
  }
}

/** A server that is away for a while is asked again; the page goes on showing what it knew. */
export async function patiently(ask, signal) {
  for (let wait = 1; ; wait = Math.min(2 * wait, 15)) {
    try {
      return await ask();
    } catch (error) {
      if (byId("watch").hidden || !(error instanceof ServerError) || (error.status && error.status < 500)) throw error;
      note(say("watch-away"));
      await pause(wait, signal);
    }
  }
}

/** When somebody looks at the page again. */
function seen(signal) {
  if (!document.hidden) return null;
  return new Promise((resolve) =>
    document.addEventListener("visibilitychange", resolve, { once: true, signal }),
  );
}

function offerForm(catalogue, changed) {
  const form = byId("stream-form");
  form.hidden = !catalogue.may("admin");
  form.onsubmit = async (event) => {
    event.preventDefault();
    const source = byId("stream-source");
    const title = byId("stream-title");
    byId("stream-fault").textContent = "";
    try {
      const json = { source: source.value.trim(), title: title.value.trim() };
      const stream = await catalogue.ask("/watch/streams", { method: "POST", json });
      announce(say("watch-started", { name: stream.title }));
      source.value = title.value = "";
      changed();
    } catch (error) {
      if (!(error instanceof ServerError)) throw error;
      byId("stream-fault").textContent = error.faults[0]?.detail || error.detail || say("fault-offline");
      source.focus();
    }
  };
}

function draw(cards, streams, catalogue, changed) {
  byId("streams-none").hidden = streams.length > 0;
  for (const [id, card] of cards) {
    if (streams.some((stream) => stream.id === id)) continue;
    card.frame.forget();
    card.place.remove();
    cards.delete(id);
  }
  for (const stream of streams) {
    if (!cards.has(stream.id)) {
      const card = new StreamCard(stream, catalogue, changed);
      cards.set(stream.id, card);
      byId("streams").append(card.place);
    }
    cards.get(stream.id).tell(stream);
  }
}

class StreamCard {
  constructor(stream, catalogue, changed) {
    this.frame = new Framed(say("watch-frame-alt", { name: stream.title }));
    this.state = element("span", { class: "state" });
    this.inView = element("ul", { class: "chips", "aria-label": say("watch-in-view", { name: stream.title }) });
    this.hint = element("p", { class: "hint" });
    const stop = element(
      "button",
      {
        type: "button",
        class: "button small",
        "aria-label": say("watch-stop-one", { name: stream.title }),
        onclick: async () => {
          await catalogue.ask(`/watch/streams/${stream.id}`, { method: "DELETE" }).catch((error) => note(error.detail));
          changed();
          byId("stream-source").focus();
        },
      },
      icon("close"),
      say("watch-stop"),
    );
    this.place = element(
      "li",
      { class: "panel stream" },
      element(
        "div",
        { class: "panel-head" },
        element("h3", {}, stream.title),
        this.state,
        catalogue.may("admin") && stop,
      ),
      this.frame.place,
      this.inView,
      this.hint,
    );
  }

  tell(stream) {
    this.state.textContent = say(`state-${stream.state}`);
    this.state.className = `state state-${stream.state}`;
    const named = stream.in_view.map((one) => ({ box: one.box, label: one.title || one.product_id, ...one }));
    this.frame.mark(named.filter((one) => one.now));
    this.inView.replaceChildren(
      ...named.map((one) => element("li", { class: "chip plain" }, `${one.label} · ${percent(one.probability)}`)),
    );
    this.inView.hidden = named.length === 0;
    this.hint.textContent = [
      say("watch-looks", { n: stream.looks }),
      stream.dropped > 0 && say("watch-dropped", { n: stream.dropped }),
      stream.reconnects > 0 && say("watch-reconnects", { n: stream.reconnects }),
      stream.state !== "watching" && stream.trouble,
    ]
      .filter(Boolean)
      .join(" · ");
  }

  async look(stream, signal) {
    if (!stream.frame || stream.looks === this.shown) return;
    try {
      await this.frame.show(stream.frame, { signal });
      this.shown = stream.looks;
    } catch (error) {
      if (!(error instanceof ServerError)) throw error; // a busy server: the next look may have one
    }
  }
}

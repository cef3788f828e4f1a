// What was seen, the newest first; what is seen from now on comes by itself.
import { byId, element } from "../element.js";
import { moment, percent, say } from "../language.js";
import { ServerError, pause, request } from "../server.js";
import { announce, showFault } from "../status.js";
import { Framed } from "./frame.js";
import { patiently } from "./streams.js";

const PAGE = 20;
const MOST = 200; // shown; the oldest go
const SAID = { appeared: "seen-appeared", missing: "seen-missing" };

export async function watchEvents(catalogue, { signal }) {
  const list = byId("events");
  const cards = [];
  const show = (event, { first = false } = {}) => {
    const card = eventCard(event, signal);
    if (first) list.prepend(card.place), cards.unshift(card);
    else list.append(card.place), cards.push(card);
    if (cards.length > MOST) drop(cards.pop());
    byId("seen-none").hidden = true;
  };
  const drop = (card) => (card.frame.forget(), card.picture.forget(), card.place.remove());
  signal.addEventListener("abort", () => cards.forEach((card) => (card.frame.forget(), card.picture.forget())));

  list.replaceChildren();
  const more = byId("seen-more");
  const earlier = async () => {
    const before = cards.at(-1)?.number;
    const asked = `/watch/events?limit=${PAGE}${before ? `&before=${before}` : ""}`;
    const { events } = await catalogue.ask(asked, { signal });
    for (const event of events) show(event);
    more.hidden = events.length < PAGE || cards.length >= MOST;
    return events;
  };
  more.onclick = () => earlier().catch((error) => error.name === "AbortError" || showFault(error));
  let after = (await earlier())[0]?.number ?? 0;
  byId("seen-none").hidden = cards.length > 0;
  for (;;) {
    await patiently(async () => {
      for await (const event of live(catalogue, after, signal)) {
        after = event.number;
        show(event, { first: true });
        announce(`${told(event)} · ${event.stream}`);
      }
    }, signal);
    await pause(0.2, signal);
  }
}

/** Server-sent events, read by hand: an EventSource cannot bring a key. Ends after a while; ask again. */
async function* live(catalogue, after, signal) {
  const response = await request(`${catalogue.path}/watch/events/live?after=${after}`, { signal });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    let part;
    try {
      part = await reader.read();
    } catch (error) {
      if (signal.aborted) throw error;
      throw new ServerError("offline", 0);
    }
    if (part.done) return;
    const messages = (text + part.value).split("\n\n");
    text = messages.pop();
    for (const message of messages) {
      const data = message.split("\n").find((line) => line.startsWith("data: "));
      if (data) yield JSON.parse(data.slice("data: ".length));
    }
  }
}

const told = (event) => say(SAID[event.happening], { name: event.title || event.product_id });

function eventCard(event, signal) {
  const name = event.title || event.product_id;
  const frame = new Framed(say("watch-evidence-alt", { name, stream: event.stream }));
  const picture = new Framed(say("watch-product-alt", { name }));
  frame.mark([{ box: event.box }]);
  for (const [made, path] of [
    [frame, event.frame],
    [picture, event.picture],
  ])
    made.show(path, { signal }).catch((error) => {
      if (error.name !== "AbortError") made.place.hidden = true; // forgotten: the words stay
    });
  const place = element(
    "li",
    { class: `panel event event-${event.happening}` },
    element(
      "div",
      { class: "event-words" },
      element("h3", {}, told(event)),
      element(
        "p",
        { class: "hint" },
        `${event.stream} · `,
        element("time", { datetime: event.raised }, moment(event.raised)),
        ` · ${say("watch-sure", { share: percent(event.probability) })}`,
      ),
    ),
    element("div", { class: "event-pictures" }, frame.place, picture.place),
  );
  return { place, frame, picture, number: event.number };
}

// Why a product was found: what agrees between the two pictures, what was read, and what moves the probability.
import { certainty } from "./card.js";
import { drawing } from "./drawing.js";
import { byId, element } from "./element.js";
import { knows, number, say, titleOf } from "./language.js";
import { photoBlob } from "./photo.js";
import { explained } from "./status.js";

const narrow = matchMedia("(max-width: 640px)");

export class Why {
  #asking = null;
  #addresses = [];

  constructor() {
    this.dialog = byId("why");
    this.dialog.addEventListener("close", () => {
      this.#asking?.abort();
      for (const address of this.#addresses.splice(0)) URL.revokeObjectURL(address);
    });
  }

  /** `question` is what was asked, `rank` the match's place in the answer from 0, `query` {href, width, height}. */
  async open(catalogue, question, match, rank, query) {
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    byId("why-title").textContent = say("why-title", { title: titleOf(match.product) });
    const body = byId("why-body");
    body.replaceChildren(element("p", { class: "working" }, say("why-working")));
    this.dialog.showModal();
    try {
      const answer = await catalogue.search({ ...question, k: rank + 1, explain: true }, { signal });
      const found = answer.matches.find((one) => one.product.product_id === match.product.product_id);
      if (!found?.explanation) {
        body.replaceChildren(element("p", {}, say("why-nothing")), reasons(found ?? match));
        return;
      }
      const shownPhoto = found.explanation.photo ?? found.photo;
      const blob = await photoBlob(shownPhoto.picture, { signal });
      const href = URL.createObjectURL(blob);
      this.#addresses.push(href);
      const photo = { href, width: shownPhoto.width, height: shownPhoto.height };
      body.replaceChildren(...content(found, { query, photo, box: question.box }));
    } catch (error) {
      if (error.name === "AbortError") return;
      const [title, help] = explained(error);
      body.replaceChildren(element("p", { role: "alert" }, element("b", {}, title), " ", help ?? ""));
    }
  }
}

function content(match, { query, photo, box }) {
  const { explanation } = match;
  const names = [...new Set([...Object.keys(explanation.lines), ...Object.keys(explanation.regions)])];
  const useful = names.filter((name) => explanation.lines[name]?.length || explanation.regions[name]?.length);
  const shown = new Set(useful);
  const place = element("div", { class: "drawing-place" });
  const draw = () =>
    place.replaceChildren(
      query
        ? drawing({ query, photo, explanation, box, shown, stacked: narrow.matches })
        : element("img", { src: photo.href, alt: say("photo-of", { title: titleOf(match.product) }) }),
    );
  draw();
  return [
    certainty(match),
    query && useful.length > 1 && switches(useful, shown, draw),
    place,
    !useful.length && element("p", { class: "hint" }, say("why-no-lines")),
    read(explanation),
    reasons(match),
    moves(explanation),
  ].filter(Boolean);
}

/** Which evidence is drawn. */
function switches(names, shown, draw) {
  const buttons = names.map((name) => {
    const button = element("button", { type: "button", class: "chip", "aria-pressed": "true" }, evidenceName(name));
    button.addEventListener("click", () => {
      if (!shown.delete(name)) shown.add(name);
      button.setAttribute("aria-pressed", String(shown.has(name)));
      draw();
    });
    return button;
  });
  return element("div", { class: "chips", role: "group", "aria-label": say("why-draw") }, buttons);
}

/** The label's words and barcodes, numbered as their frames are. */
function read(explanation) {
  const rows = Object.values(explanation.regions).flatMap((regions) =>
    regions.map((region, index) =>
      element(
        "tr",
        {},
        element("td", { class: "figure" }, String(index + 1)),
        element("td", {}, region.text),
        element("td", {}, region.share > 0 ? region.fits : say("fits-nothing")),
        element("td", { class: "figure" }, number(region.share, { style: "percent" })),
      ),
    ),
  );
  if (!rows.length) return null;
  const head = ["", "read-read", "read-fits", "read-share"].map((key) =>
    element("th", { scope: "col", class: /read-[rf]/.test(key) ? null : "figure" }, key ? say(key) : "#"),
  );
  return section(
    "why-read",
    element(
      "div",
      { class: "scrolls", tabindex: "0", role: "region", "aria-label": say("why-read") },
      element("table", {}, element("thead", {}, element("tr", {}, head)), element("tbody", {}, rows)),
    ),
  );
}

function reasons(match) {
  const rows = match.evidence.map((one) => [
    element("dt", {}, evidenceName(one.name)),
    element("dd", {}, one.note || number(one.value, { maximumFractionDigits: 2 })),
  ]);
  return section("why-evidence", element("dl", { class: "facts" }, rows));
}

/** What each reason adds to the odds, as bars from the middle. */
function moves({ contributions }) {
  if (!contributions.length) return null;
  const most = Math.max(...contributions.map((one) => Math.abs(one.log_odds)), 1e-9);
  const rows = contributions.map(({ name, log_odds }) => {
    const bar = element("span", { class: `move ${log_odds < 0 ? "against" : "for"}` });
    bar.style.width = `${(50 * Math.abs(log_odds)) / most}%`;
    return element(
      "tr",
      {},
      element("th", { scope: "row" }, evidenceName(name)),
      element("td", { class: "moves", "aria-hidden": "true" }, bar),
      element("td", { class: "figure" }, number(log_odds, { maximumFractionDigits: 1, signDisplay: "exceptZero" })),
    );
  });
  return section(
    "why-moves",
    element("p", { class: "hint" }, say("why-moves-hint")),
    element("table", { class: "moves-table" }, element("tbody", {}, rows)),
  );
}

const section = (key, ...children) => element("section", {}, element("h3", {}, say(key)), children);

/** For people; what a plug-in brought keeps the name that it has. */
export const evidenceName = (name) => (knows(`evidence-${name}`) ? say(`evidence-${name}`) : name);

// The grid of results: what is shown for an answer, for browsing, while waiting, and when there is nothing.
import { card } from "./card.js";
import { byId, element } from "./element.js";
import { number, percent, say, titleOf } from "./language.js";
import { announce } from "./status.js";

const GHOSTS = 8;
const cards = () => byId("cards");

/** An answer to a search. `found`: [{product, photo, match}]. */
export function showFound(answer, found, does) {
  const title = say("found", { n: found.length });
  head(title, say(answer.matches[0]?.probability == null ? "found-alike" : "found-note"));
  const told = verdict(answer);
  byId("verdict").textContent = told;
  byId("verdict").hidden = !told;
  byId("verdict").className = `verdict verdict-${answer.verdict}`;
  fill(found, does);
  announce(
    found.length ? `${title}. ${told || say("best", { title: titleOf(found[0].product) })}` : say("empty-found"),
  );
}

/** Products as they are in the catalogue; `total` of them in all. */
export function showBrowsed(found, total, does) {
  head(say("browse", { n: total }), say("browse-note"));
  byId("verdict").hidden = true;
  fill(found, does);
  announce(say("browse", { n: total }));
}

export function showWorking() {
  cards().replaceChildren(
    ...Array.from({ length: GHOSTS }, () =>
      element(
        "li",
        { class: "card ghost", "aria-hidden": "true" },
        element("div", { class: "photo" }),
        element("div", { class: "card-text" }),
      ),
    ),
  );
  byId("empty").hidden = true;
  byId("verdict").hidden = true;
  head(say("working"), "");
}

export function showEmpty(title, help, ...actions) {
  cards().replaceChildren();
  byId("verdict").hidden = true;
  byId("empty").replaceChildren(element("p", { class: "empty-title" }, title), element("p", {}, help), ...actions);
  byId("empty").hidden = false;
  byId("results-note").textContent = "";
}

export function head(title, hint) {
  byId("results-title").textContent = title;
  byId("results-note").textContent = hint;
}

function fill(found, does) {
  byId("empty").hidden = true;
  cards().replaceChildren(...found.map((one) => card(one, does)));
}

function verdict({ verdict: said, unknown, matches }) {
  if (!said || !matches.length) return "";
  const title = titleOf(matches[0].product);
  return said === "unknown"
    ? say("verdict-unknown", { share: percent(unknown) })
    : say(`verdict-${said}`, { title, value: number(unknown) });
}

// What is asked besides the picture, each with a cross to take it back.
import { byId, element, icon } from "./element.js";
import { say, titleOf } from "./language.js";

export function showChips(query) {
  const chips = [];
  const chip = (key, title, drop) =>
    chips.push(
      element(
        "li",
        {},
        element(
          "button",
          {
            type: "button",
            class: "chip",
            "aria-label": say("take-back", { what: say(key, { title }) }),
            onclick: drop,
          },
          say(key, { title }),
          icon("close"),
        ),
      ),
    );
  if (query.like) chip("chip-like", titleOf(query.like), () => query.lookFor({}));
  for (const product of query.more.values())
    chip("chip-more", titleOf(product), () => query.judge(product, { wanted: true }));
  for (const product of query.less.values())
    chip("chip-less", titleOf(product), () => query.judge(product, { wanted: false }));
  const place = byId("chips");
  place.replaceChildren(...chips);
  place.hidden = !chips.length;
}

// One product among the results: its matched photo, how sure we are, its price, and what can be done next.
import { element, icon } from "./element.js";
import { knows, number, percent, price, say, titleOf } from "./language.js";
import { showPhoto } from "./photo.js";

/** `found`: {product, photo, match or null}; `does`: {details, why, similar, more, less}, those that are offered. */
export function card(found, does) {
  const { product, photo, match } = found;
  const title = titleOf(product);
  const image = element("img", { alt: say("photo-of", { title }), decoding: "async" });
  if (photo) showPhoto(image, photo, { large: true });
  const heading = element("button", { type: "button", class: "card-title", onclick: () => does.details(found) }, title);
  return element(
    "li",
    { class: "card", "data-product": product.product_id },
    element("div", { class: "photo card-photo", onclick: () => does.details(found) }, image),
    element(
      "div",
      { class: "card-text" },
      element("h3", {}, heading),
      element("p", { class: "card-kind" }, [product.brand, product.category].filter(Boolean).join(" · ")),
      product.price !== null && element("p", { class: "card-price" }, price(product.price)),
      match && certainty(match),
      match && agreeing(match),
    ),
    actions(found, title, does),
  );
}

/** The probability with its band, or the bare similarity where nothing was calibrated. */
export function certainty(match) {
  const share = match.probability;
  if (share === null || share === undefined) {
    if (!match.evidence.some((one) => one.name === "similarity")) return null; // found by words alone
    return element(
      "p",
      { class: "certainty" },
      element(
        "span",
        { class: "certainty-words" },
        say("alike", { value: number(match.score, { maximumFractionDigits: 2 }) }),
      ),
    );
  }
  const bar = element("span", { class: "bar", "aria-hidden": "true" }, element("span", { class: "bar-fill" }));
  bar.firstChild.style.width = `${Math.max(2, 100 * share)}%`;
  return element(
    "p",
    { class: `certainty band-${match.band ?? "none"}` },
    bar,
    element(
      "span",
      { class: "certainty-words" },
      element("b", {}, percent(share)),
      ` ${match.band ? say(`band-${match.band}`) : ""}`,
    ),
  );
}

/** Words that agree, for a match found by words. */
function agreeing(match) {
  const words = match.evidence.find((one) => one.name === "text" && one.note);
  return (
    words && element("p", { class: "card-words" }, say("agrees-with", { words: words.note.replace(/^says /, "") }))
  );
}

function actions(found, title, does) {
  const offered = [
    ["why", "why", "why-of"],
    ["similar", "similar", "similar-to"],
    ["more", "more", "more-like"],
    ["less", "less", "less-like"],
  ].filter(([name]) => does[name]);
  if (!offered.length) return null;
  return element(
    "div",
    { class: "card-actions" },
    offered.map(([name, picture, label]) => {
      const pressed = does.judged?.(found.product, name);
      const made = element(
        "button",
        {
          type: "button",
          class: `action action-${name}`,
          "aria-label": say(label, { title }),
          title: say(label, { title }),
          onclick: () => does[name](found),
        },
        icon(picture),
        knows(`action-${name}`) && element("span", { "aria-hidden": "true" }, say(`action-${name}`)),
      );
      if (pressed !== undefined) made.setAttribute("aria-pressed", String(pressed));
      return made;
    }),
  );
}

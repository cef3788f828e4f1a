// What the newest duplicates job found: pictures and products that are there twice.
import { element } from "../element.js";
import { number, say } from "../language.js";
import { panel, thumb, thumbOfProduct } from "./panels.js";
import { resultRoom } from "./result.js";

const SHOWN = 50; // groups

export const duplicatesRoom = (place, where) =>
  resultRoom(place, where, "duplicates", {
    told: (result) => [
      [say("fact-photos"), result.photos],
      [say("fact-products"), result.products],
      [say("twice-photos"), result.photo_groups.length],
      [say("twice-products"), result.product_groups.length],
    ],
    parts: (result) => [
      ...result.product_groups.slice(0, SHOWN).map((group) => products(where.catalogue, group)),
      ...result.photo_groups.slice(0, SHOWN).map((group) => photos(where.catalogue, group)),
    ],
  });

function photos(catalogue, group) {
  const title = `${say(`copies-${group.kind}`)} · ${group.products.join(", ")}`;
  const items = group.photos.map((photo) => {
    const kept = photo.photo === group.keep;
    return thumb(
      catalogue,
      photo,
      element("span", { class: kept ? "kept" : "" }, photo.product_id),
      kept && element("span", { class: "hint" }, say("keep-this")),
    );
  });
  const agreement = number(group.similarity, { style: "percent" });
  return panel(
    title,
    element("p", { class: "hint" }, say("alike-by", { share: agreement })),
    element("ul", { class: "thumbs" }, items),
  );
}

function products(catalogue, group) {
  const items = group.products.map((id) => {
    const kept = id === group.keep;
    return thumbOfProduct(
      catalogue,
      id,
      element("span", { class: kept ? "kept" : "" }, id),
      kept && element("span", { class: "hint" }, say("keep-product")),
    );
  });
  const reasons = group.reasons.map((reason) =>
    element("li", {}, `${say(`copies-by-${reason.why}`)}: ${reason.products.join(", ")} (${because(reason)})`),
  );
  return panel(
    group.products.join(", "),
    element("ul", { class: "thumbs" }, items),
    element("details", {}, element("summary", {}, say("twice-why", { n: reasons.length })), element("ul", {}, reasons)),
  );
}

/** In the reader's language; results of before the server told its values have a note in English. */
function because({ why, note, values }) {
  if (!values) return note;
  const key = why === "title" && values.brand ? "because-title-brand" : `because-${why}`;
  return say(key, values);
}

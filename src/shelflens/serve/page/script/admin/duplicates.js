// What the newest duplicates job found: pictures and products that are there twice.
import { element } from "../element.js";
import { number, say } from "../language.js";
import { panel, thumb } from "./panels.js";
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
      ...result.product_groups.slice(0, SHOWN).map(products),
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

function products(group) {
  return panel(
    group.products.join(", "),
    element(
      "ul",
      {},
      group.reasons.map((reason) =>
        element("li", {}, `${reason.why}: ${reason.products.join(", ")}${reason.note ? ` (${reason.note})` : ""}`),
      ),
    ),
    element("p", { class: "hint" }, say("keep-product", { product: group.keep })),
  );
}

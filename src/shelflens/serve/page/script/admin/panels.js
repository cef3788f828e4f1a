// The furniture of the rooms: panels, figures, tables, thumbnails of photos named by a report.
import { element } from "../element.js";
import { number } from "../language.js";
import { showLater, showPhoto } from "../photo.js";

export function panel(title, ...children) {
  return element(
    "section",
    { class: "panel" },
    title && element("div", { class: "panel-head" }, element("h3", {}, title)),
    children,
  );
}

/** Large figures: [label, value, note or nothing]; those without a value are left out. */
export function figures(rows) {
  const told = rows.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return element(
    "dl",
    { class: "figures" },
    told.map(([label, value, hint]) =>
      element(
        "div",
        {},
        element("dt", {}, label),
        element("dd", {}, typeof value === "number" ? number(value) : value, hint && element("small", {}, hint)),
      ),
    ),
  );
}

/** `columns`: [title, is a figure]; `rows`: arrays of text or elements. `title` names the table for screen readers. */
export function table(title, columns, rows) {
  const align = (index) => (columns[index][1] ? { class: "figure" } : {});
  return element(
    "div",
    { class: "scrolls", role: "region", tabindex: "0", "aria-label": title },
    element(
      "table",
      {},
      element(
        "thead",
        {},
        element(
          "tr",
          {},
          columns.map(([name], index) =>
            name ? element("th", { scope: "col", ...align(index) }, name) : element("td"),
          ),
        ),
      ),
      element(
        "tbody",
        {},
        rows.map((row) =>
          element(
            "tr",
            {},
            row.map((cell, index) => element("td", align(index), cell)),
          ),
        ),
      ),
    ),
  );
}

/** `photo`: {product_id, photo_id, width, height} as reports name them. */
export function thumb(catalogue, photo, ...words) {
  const path = `${catalogue.path}/products/${encodeURIComponent(photo.product_id)}/photos/${photo.photo_id}`;
  const image = element("img", { alt: "" }); // its product is named beside it
  showPhoto(image, { ...photo, thumbnail: `${path}/thumbnail`, picture: `${path}/picture` });
  return element("li", {}, element("div", { class: "photo" }, image), words);
}

/** A product that a report names by its id, with the first of its photos. */
export function thumbOfProduct(catalogue, id, ...words) {
  const image = element("img", { alt: "" });
  showLater(image, async () => (await catalogue.product(id)).photos[0]);
  return element("li", {}, element("div", { class: "photo" }, image), words);
}

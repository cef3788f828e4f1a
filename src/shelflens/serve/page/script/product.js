// All there is about one product: its photos, its fields, what is like it and what goes with it.
import { byId, element, icon } from "./element.js";
import { fieldName } from "./facets.js";
import { number, price, say, titleOf } from "./language.js";
import { showPhoto } from "./photo.js";
import { explained } from "./status.js";

const ALIKE = 6;

export class ProductView {
  #asking = null;

  /** `similar(product)` looks for what is like it. */
  constructor({ similar, abilities }) {
    this.similar = similar;
    this.abilities = abilities;
    this.dialog = byId("product");
    this.dialog.addEventListener("close", () => this.#asking?.abort());
  }

  async open(catalogue, product, photo) {
    this.#asking?.abort();
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    byId("product-title").textContent = titleOf(product);
    const body = byId("product-body");
    const large = element("img", { alt: say("photo-of", { title: titleOf(product) }) });
    const views = element("div", { class: "views" });
    const rows = element("div", { class: "product-rows" });
    body.replaceChildren(
      element("div", { class: "product-photos" }, element("div", { class: "photo product-photo" }, large), views),
      element("div", { class: "product-text" }, ...this.#facts(product)),
      rows,
    );
    if (!this.dialog.open) this.dialog.showModal();
    body.scrollTop = 0;
    if (photo) showPhoto(large, photo, { large: true });
    try {
      const whole = await catalogue.product(product.product_id, { signal });
      if (!photo && whole.photos.length) showPhoto(large, whole.photos[0], { large: true });
      if (whole.photos.length > 1)
        views.replaceChildren(...whole.photos.map((one) => view(one, large, titleOf(product), whole.photos)));
      await this.#rows(catalogue, product, rows, signal);
    } catch (error) {
      if (error.name !== "AbortError") rows.replaceChildren(element("p", { role: "alert" }, explained(error)[0]));
    }
  }

  #facts(product) {
    const attributes = Object.entries(product.attributes ?? {}).filter(([name]) => !name.startsWith("title_"));
    const facts = [
      ["brand", product.brand],
      ["category", product.category],
      ...attributes,
      ["gtin", product.gtins?.join(", ")],
      ["product_id", product.product_id],
    ].filter(([, value]) => value !== "" && value !== null && value !== undefined);
    return [
      product.price !== null && element("p", { class: "product-price" }, price(product.price)),
      product.description && element("p", {}, product.description),
      element(
        "dl",
        { class: "facts" },
        facts.map(([name, value]) => [element("dt", {}, fieldName(name)), element("dd", {}, told(value))]),
      ),
      element(
        "p",
        { class: "product-actions" },
        element(
          "button",
          { type: "button", class: "button main", onclick: () => (this.dialog.close(), this.similar(product)) },
          icon("similar"),
          say("similar-products"),
        ),
        product.url &&
          element(
            "a",
            { class: "button", href: product.url, rel: "noopener noreferrer", target: "_blank" },
            icon("link"),
            say("open-shop"),
          ),
      ),
    ].filter(Boolean);
  }

  async #rows(catalogue, product, place, signal) {
    const alike = await catalogue.search({ like: product.product_id, k: ALIKE }, { signal });
    const rows = [this.#row(catalogue, "similar-products", alike.matches)];
    if (this.abilities.goesWith) {
      const sent = { goes_with: product.product_id, k: ALIKE };
      const { recommendations } = await catalogue.ask("/recommend", { method: "POST", json: sent, signal });
      rows.push(this.#row(catalogue, "goes-with", recommendations)); // none until shoppers' feedback is known
    }
    place.replaceChildren(...rows.filter(Boolean));
  }

  #row(catalogue, key, matches) {
    if (!matches.length) return null;
    const items = matches.map(({ product, photo }) => {
      const image = element("img", { alt: "" });
      if (photo) showPhoto(image, photo);
      return element(
        "li",
        {},
        element(
          "button",
          { type: "button", class: "small-card", onclick: () => this.open(catalogue, product, photo) },
          element("span", { class: "photo" }, image),
          element("span", {}, titleOf(product)),
        ),
      );
    });
    return element("section", {}, element("h3", {}, say(key)), element("ul", { class: "small-cards" }, items));
  }
}

function view(photo, large, title, all) {
  const image = element("img", { alt: say("view-of", { number: all.indexOf(photo) + 1, title }) });
  showPhoto(image, photo);
  return element(
    "button",
    { type: "button", class: "photo view", onclick: () => showPhoto(large, photo, { large: true }) },
    image,
  );
}

function told(value) {
  if (Array.isArray(value)) return value.join(", ");
  if (typeof value === "boolean") return say(value ? "yes" : "no");
  return typeof value === "number" ? number(value) : value;
}

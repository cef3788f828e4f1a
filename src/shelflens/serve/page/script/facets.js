// Filters: each field's values with how many products have them, among those that the other fields leave.
import { byId, element } from "./element.js";
import { knows, language, number, price, say } from "./language.js";

const SHOWN = 6; // values of a field until more are asked for
const OPEN = 3; // fields that are open at first

export class Facets {
  #asked = 0;
  #counted = ""; // what the counts shown, or under way, are of
  #unfolded = new Map(); // field -> whether a person opened it
  #whole = new Set(); // fields of which all values are shown

  /** `narrow(change)` changes the query's condition. */
  constructor({ narrow, onFault }) {
    this.narrow = narrow;
    this.onFault = onFault;
    this.place = byId("facets");
    byId("filters-clear").addEventListener("click", () => narrow((condition) => condition.clear()));
  }

  /** Counts anew, unless these very counts are shown: they do not depend on the picture, and would slow its search.
   * A later call wins over an earlier one that is still under way. */
  async update(catalogue, condition) {
    const counted = [catalogue.path, condition.text(), language()].join(" ");
    if (counted === this.#counted) return;
    this.#counted = counted;
    const mine = ++this.#asked;
    byId("filters-clear").hidden = !condition.size;
    byId("filters-count").textContent = condition.size ? number(condition.size) : "";
    try {
      const all = (await catalogue.facets({ filter: condition.text() })).facets;
      const fields = [...new Set([...all.map((facet) => facet.field), ...condition.fields.keys()])];
      // What a field's other values would give: counted without its own choice.
      const own = await Promise.all(
        [...condition.fields.keys()].map(
          async (field) =>
            (await catalogue.facets({ filter: condition.text({ but: field }), fields: field })).facets[0],
        ),
      );
      if (mine !== this.#asked) return;
      const byField = new Map([...all, ...own].map((facet) => [facet.field, facet]));
      this.#draw(fields.map((field) => byField.get(field)).filter(Boolean), condition);
    } catch (error) {
      if (mine === this.#asked) this.#counted = "";
      if (mine === this.#asked && error.name !== "AbortError") this.onFault(error);
    }
  }

  #draw(facets, condition) {
    const focused = document.activeElement?.dataset?.facet;
    const useful = facets
      .filter(({ field }) => !/^title_/.test(field))
      .filter((facet) => condition.fields.has(facet.field) || tells(facet));
    this.place.replaceChildren(...useful.map((facet, at) => this.#field(facet, condition, at < OPEN)));
    byId("filters").hidden = !useful.length;
    if (focused) this.place.querySelector(`[data-facet="${CSS.escape(focused)}"]`)?.focus();
  }

  #field(facet, condition, first) {
    const { field } = facet;
    const chosen = condition.of(field);
    const body = facet.values.length ? this.#values(facet, chosen) : this.#range(facet, chosen);
    const open = this.#unfolded.get(field) ?? (first || condition.fields.has(field));
    const made = element("details", { class: "facet", open }, element("summary", {}, fieldName(field)), body);
    made.addEventListener("toggle", () => this.#unfolded.set(field, made.open));
    return made;
  }

  #values({ field, values }, chosen) {
    const missing = [...chosen.values].filter((value) => !values.some((one) => one.value === value));
    const all = [...values, ...missing.map((value) => ({ value, count: 0 }))];
    const shown = this.#whole.has(field) ? all : all.filter(({ value }, at) => at < SHOWN || chosen.values.has(value));
    const list = shown.map(({ value, count }) => {
      const name = `${field}=${value}`;
      const box = element("input", {
        type: "checkbox",
        "data-facet": name,
        onchange: () => this.narrow((condition) => condition.toggle(field, value)),
      });
      box.checked = chosen.values.has(value);
      return element(
        "li",
        {},
        element(
          "label",
          { class: "choice" },
          box,
          element("span", { class: "choice-name" }, valueName(value)),
          element("span", { class: "count" }, number(count)),
        ),
      );
    });
    const rest = all.length - shown.length;
    const more =
      rest > 0 &&
      element(
        "button",
        {
          type: "button",
          class: "link",
          "data-facet": `${field}+`,
          onclick: (event) => this.#unfold(field, event, list, chosen, all),
        },
        say("show-rest", { n: rest }),
      );
    return element("div", {}, element("ul", { class: "choices" }, list), more);
  }

  #unfold(field, event, _list, chosen, all) {
    this.#whole.add(field);
    const whole = this.#values({ field, values: all }, chosen);
    event.target.parentElement.replaceWith(whole);
    whole.querySelectorAll("input")[SHOWN]?.focus();
  }

  #range({ field, low, high }, chosen) {
    const bound = (which, at, label) => {
      const box = element("input", {
        type: "number",
        inputmode: "decimal",
        step: "any",
        min: field === "price" ? 0 : null,
        placeholder: at === null ? "" : field === "price" ? price(at) : number(at),
        "data-facet": `${field}.${which}`,
        "aria-label": say(label, { field: fieldName(field) }),
        onchange: () => {
          const value = Number.isFinite(box.valueAsNumber) ? box.valueAsNumber : null;
          const ends = { low: chosen.low, high: chosen.high, [which]: value };
          this.narrow((condition) => condition.between(field, ends.low, ends.high));
        },
      });
      if (chosen[which] !== null) box.value = chosen[which];
      return box;
    };
    return element(
      "div",
      { class: "range" },
      bound("low", low, "from-of"),
      element("span", { "aria-hidden": "true" }, "–"),
      bound("high", high, "to-of"),
    );
  }
}

/** Whether choosing in it would leave something out. */
const tells = ({ values, low, high }) => values.length > 1 || (low !== null && low < high);

export const fieldName = (field) => {
  if (knows(`field-${field}`)) return say(`field-${field}`);
  const plain = field.replaceAll(/[_-]+/g, " ");
  return plain.charAt(0).toUpperCase() + plain.slice(1);
};

const valueName = (value) =>
  typeof value === "boolean" ? say(value ? "yes" : "no") : typeof value === "number" ? number(value) : value;

// Which catalogue a page works with.
import { byId, element } from "./element.js";
import { choices } from "./kept.js";

/** Offers them all. Returns the one that was used last, or the first; `onChoice` is called with another. */
export function offerCatalogues(catalogues, onChoice) {
  const named = (sought) => catalogues.find(({ name }) => name === sought);
  const chosen = named(choices.get("catalogue")) ?? catalogues[0];
  const select = byId("catalogue");
  select.replaceChildren(...catalogues.map(({ name }) => element("option", { value: name }, name)));
  select.value = chosen?.name ?? "";
  select.onchange = () => onChoice(named(select.value));
  byId("catalogue-choice").hidden = catalogues.length < 2;
  return chosen;
}

// Which words the page speaks: English or Chinese. The strings are in one file each, /page/strings/.
import { choices } from "./kept.js";
import en from "../strings/en.js";
import zh from "../strings/zh.js";

export const LANGUAGES = { en, zh };
const listeners = new Set();
let current = document.documentElement.lang in LANGUAGES ? document.documentElement.lang : "en";

export const language = () => current;

/** Calls back whenever another language is chosen. */
export const onLanguage = (listener) => listeners.add(listener);

function speak(chosen) {
  current = chosen;
  choices.set("language", chosen);
  document.documentElement.lang = chosen;
  translate(document);
  for (const listener of listeners) listener();
}

/** A button that names the other language, and speaks it. */
export function languageSwitch(button) {
  const other = () => Object.keys(LANGUAGES).find((one) => one !== current);
  const show = () => {
    button.textContent = say("other-language");
    button.lang = other();
  };
  button.addEventListener("click", () => speak(other()));
  onLanguage(show);
  show();
}

/** The words for `key`; `{name}` is filled from `values`, and `n` chooses between one and other. */
export function say(key, values = {}) {
  let words = LANGUAGES[current][key] ?? LANGUAGES.en[key];
  if (words === undefined) throw new Error(`no string is called ${key}`);
  if (typeof words === "object") words = words[new Intl.PluralRules(current).select(values.n)] ?? words.other;
  return words.replace(/\{(\w+)\}/g, (_, name) =>
    typeof values[name] === "number" ? number(values[name]) : values[name],
  );
}

export const knows = (key) => key in LANGUAGES.en;

/** Fills every element that names its words: data-say for its text, data-say-ATTRIBUTE for an attribute. */
export function translate(root) {
  for (const element of root.querySelectorAll("[data-say]")) element.textContent = say(element.dataset.say);
  for (const attribute of ["aria-label", "placeholder", "title"]) {
    for (const element of root.querySelectorAll(`[data-say-${attribute}]`)) {
      element.setAttribute(attribute, say(element.getAttribute(`data-say-${attribute}`)));
    }
  }
}

export const number = (value, options) => new Intl.NumberFormat(current, options).format(value);
export const price = (value) => number(value, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
export const size = (bytes) =>
  bytes < 1e6
    ? number(bytes / 1e3, { style: "unit", unit: "kilobyte", maximumFractionDigits: 0 })
    : number(bytes / 1e6, { style: "unit", unit: "megabyte", maximumFractionDigits: 1 });
export const moment = (text) =>
  new Intl.DateTimeFormat(current, { dateStyle: "medium", timeStyle: "short" }).format(new Date(text));

/** A probability as people read it: never a certainty that nobody has. */
export function percent(share) {
  if (share > 0.995) return say("more-than", { value: number(0.99, { style: "percent" }) });
  if (share < 0.005) return say("less-than", { value: number(0.01, { style: "percent" }) });
  return number(share, { style: "percent" });
}

/** A product's title in the reader's language, where the shop keeps one: attribute title_zh, title_en. */
export function titleOf(product) {
  const own = product.attributes?.[`title_${current}`];
  return (typeof own === "string" && own) || product.title || product.product_id;
}

// What is being looked for. It changes by its methods alone, and tells whoever listens.
import { Condition } from "./condition.js";

const PAGE = 20; // products at a time: as many as are looked at closer

export class Query extends EventTarget {
  picture = null; // {blob or url, name}: the bytes as they came, or their address
  box = null; // {left, top, right, bottom} as fractions of the upright picture; null: all of it
  words = ""; // as they were typed
  like = null; // a product: those similar to it
  more = new Map(); // product_id -> product
  less = new Map();
  condition = new Condition();
  k = PAGE;

  /** Nothing is asked: the catalogue is looked through. */
  get browsing() {
    return !this.picture && !this.words && !this.like && !this.more.size && !this.less.size;
  }

  /** Another question, and what was said of the answers to the old one is forgotten. */
  lookFor({ picture = null, like = null }) {
    Object.assign(this, { picture, like, box: null });
    if (like) this.words = "";
    this.more.clear();
    this.less.clear();
    this.#changed("question");
  }

  mark(box) {
    this.box = box;
    this.#changed("box");
  }

  say(words) {
    const trimmed = words.trim();
    if (trimmed === this.words) return;
    this.words = trimmed;
    this.like = null;
    this.#changed("words");
  }

  judge(product, { wanted }) {
    const [here, there] = wanted ? [this.more, this.less] : [this.less, this.more];
    there.delete(product.product_id);
    if (!here.delete(product.product_id)) here.set(product.product_id, product);
    this.#changed("judgement");
  }

  narrow(change) {
    change(this.condition);
    this.#changed("filter");
  }

  showMore() {
    this.k += PAGE;
    this.#changed("more", { keepK: true });
  }

  clear() {
    this.words = "";
    this.condition.clear();
    this.lookFor({});
  }

  /** As Catalogue.search takes it. Words that begin with a minus are not wanted. */
  question() {
    const all = this.words.split(/\s+/);
    return {
      picture: this.picture,
      box: this.box,
      text: all.filter((word) => !/^[-−]./.test(word)).join(" "),
      minus: all
        .filter((word) => /^[-−]./.test(word))
        .map((word) => word.slice(1))
        .join(" "),
      like: this.like?.product_id,
      more: [...this.more.keys()],
      less: [...this.less.keys()],
      filter: this.condition.text(),
      k: this.k,
    };
  }

  #changed(what, { keepK = false } = {}) {
    if (!keepK) this.k = PAGE;
    this.dispatchEvent(new CustomEvent("change", { detail: what }));
  }
}

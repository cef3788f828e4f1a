// The box round the object: drawn and moved by mouse, pen, touch, keyboard or numbers.
import { byId } from "./element.js";
import { number, say } from "./language.js";

const LEAST = 0.04; // of a side
const STEP = 0.02; // of an arrow key
const FIRST = { left: 0.15, top: 0.15, right: 0.85, bottom: 0.85 };
const EDGES = ["left", "top", "right", "bottom"];
const SETTLE = 350; // milliseconds after the last key

export class BoxEditor {
  #box = null;
  #timer = 0;

  /** `onBox(box or null)` is told when the box rests. */
  constructor({ onBox }) {
    this.onBox = onBox;
    this.stage = byId("stage");
    this.frame = byId("box");
    this.fields = Object.fromEntries(EDGES.map((edge) => [edge, byId(`box-${edge}`)]));
    byId("box-add").addEventListener("click", () => this.#add());
    byId("box-remove").addEventListener("click", () => this.#remove());
    this.stage.addEventListener("pointerdown", (event) => this.#press(event));
    this.frame.addEventListener("keydown", (event) => this.#key(event));
    for (const edge of EDGES) this.fields[edge].addEventListener("change", () => this.#typed());
    this.show(null);
  }

  show(box) {
    this.#box = box;
    this.frame.hidden = !box;
    byId("box-add").hidden = Boolean(box);
    byId("box-remove").hidden = !box;
    byId("box-numbers").hidden = !box;
    if (!box) return;
    for (const edge of ["left", "top"]) this.frame.style[edge] = `${100 * box[edge]}%`;
    this.frame.style.width = `${100 * (box.right - box.left)}%`;
    this.frame.style.height = `${100 * (box.bottom - box.top)}%`;
    const whole = Object.fromEntries(EDGES.map((edge) => [edge, Math.round(100 * box[edge])]));
    for (const edge of EDGES) this.fields[edge].value = whole[edge];
    const shares = Object.fromEntries(EDGES.map((edge) => [edge, number(whole[edge] / 100, { style: "percent" })]));
    this.frame.setAttribute("aria-label", say("box-at", shares));
  }

  #rest(box) {
    this.show(box);
    clearTimeout(this.#timer);
    this.onBox(box);
  }

  #add() {
    this.#rest({ ...FIRST });
    this.frame.focus();
  }

  #remove() {
    this.#rest(null);
    byId("box-add").focus();
  }

  #press(event) {
    const handle = event.target.closest(".handle");
    const onFrame = event.target.closest("#box");
    // A finger on the bare picture scrolls the page; it draws nothing. The button sets a box that fingers can move.
    if (event.button !== 0 || (!onFrame && event.pointerType === "touch")) return;
    event.preventDefault();
    if (onFrame) this.frame.focus({ preventScroll: true });
    const former = this.#box;
    const start = this.#place(event);
    const change = handle
      ? (at) => sized(former, handle.dataset.corner, at)
      : onFrame
        ? (at) => moved(former, at.x - start.x, at.y - start.y)
        : (at) => spanned(start, at);
    const onMove = (moving) => this.show(change(this.#place(moving)));
    const onEnd = (ending) => {
      this.stage.removeEventListener("pointermove", onMove);
      this.stage.removeEventListener("pointerup", onEnd);
      this.stage.removeEventListener("pointercancel", onEnd);
      const box = ending.type === "pointerup" ? change(this.#place(ending)) : former;
      const drawnEnough = box && box.right - box.left >= LEAST && box.bottom - box.top >= LEAST;
      if (!drawnEnough || same(box, former))
        this.show(former); // a click, not a box
      else this.#rest(box);
    };
    this.stage.setPointerCapture(event.pointerId);
    this.stage.addEventListener("pointermove", onMove);
    this.stage.addEventListener("pointerup", onEnd);
    this.stage.addEventListener("pointercancel", onEnd);
  }

  #key(event) {
    const way = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] }[event.key];
    if (event.key === "Delete" || event.key === "Backspace") {
      event.preventDefault();
      this.#remove();
    } else if (way) {
      event.preventDefault();
      const { right, bottom } = this.#box;
      this.show(
        event.shiftKey ? sized(this.#box, "se", { x: right + way[0], y: bottom + way[1] }) : moved(this.#box, ...way),
      );
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.onBox(this.#box), SETTLE);
    }
  }

  #typed() {
    const typed = Object.fromEntries(EDGES.map((edge) => [edge, within(this.fields[edge].valueAsNumber / 100 || 0)]));
    typed.right = Math.max(typed.right, Math.min(1, typed.left + LEAST));
    typed.bottom = Math.max(typed.bottom, Math.min(1, typed.top + LEAST));
    typed.left = Math.min(typed.left, typed.right - LEAST);
    typed.top = Math.min(typed.top, typed.bottom - LEAST);
    this.#rest(typed);
  }

  /** Where the pointer is, as fractions of the picture. */
  #place(event) {
    const { left, top, width, height } = this.stage.getBoundingClientRect();
    return { x: within((event.clientX - left) / width), y: within((event.clientY - top) / height) };
  }
}

const within = (share) => Math.min(1, Math.max(0, share));
const same = (a, b) => b !== null && EDGES.every((edge) => a[edge] === b[edge]);

const spanned = (a, b) => ({
  left: Math.min(a.x, b.x),
  top: Math.min(a.y, b.y),
  right: Math.max(a.x, b.x),
  bottom: Math.max(a.y, b.y),
});

function moved(box, x, y) {
  const right = Math.max(-box.left, Math.min(1 - box.right, x));
  const down = Math.max(-box.top, Math.min(1 - box.bottom, y));
  return { left: box.left + right, top: box.top + down, right: box.right + right, bottom: box.bottom + down };
}

/** With the corner (nw, ne, sw, se) at another place; no side shorter than LEAST. */
function sized(box, corner, { x, y }) {
  const made = { ...box };
  if (corner[1] === "w") made.left = within(Math.min(x, box.right - LEAST));
  else made.right = within(Math.max(x, box.left + LEAST));
  if (corner[0] === "n") made.top = within(Math.min(y, box.bottom - LEAST));
  else made.bottom = within(Math.max(y, box.top + LEAST));
  return made;
}

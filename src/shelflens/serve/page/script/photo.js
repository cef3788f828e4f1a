// Shows photos of the catalogue. They are fetched, as an <img> cannot bring a key; those in view first, few at once.
import { request } from "./server.js";

const AT_ONCE = 4;
const waiting = { small: [], large: [] };
let underWay = 0;

const watcher = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      watcher.unobserve(target);
      load(target);
    }
  },
  { rootMargin: "400px" },
);
const asked = new WeakMap();

/** Into `image`, when it comes into view: the thumbnail and then, with `large`, the picture itself. */
export function showPhoto(image, photo, { large = false } = {}) {
  image.width = photo.width; // the room that it will take
  image.height = photo.height;
  showLater(image, async () => photo, { large });
}

/** The same of a photo that `find` finds out about only then; it may find null. */
export function showLater(image, find, { large = false } = {}) {
  asked.set(image, { find, large });
  watcher.observe(image);
}

/** The bytes of a picture of the catalogue. */
export async function photoBlob(path, options) {
  return (await request(path, options)).blob();
}

async function load(image) {
  const { find, large } = asked.get(image);
  try {
    const photo = await find();
    await inTurn(waiting.small, () => put(image, photo.thumbnail));
    image.dispatchEvent(new Event("shown"));
    if (large && image.isConnected && image.clientWidth * devicePixelRatio > 160) {
      await inTurn(waiting.large, async () => image.isConnected && put(image, photo.picture));
    }
  } catch {
    if (!image.src) image.closest(".photo")?.classList.add("photo-missing"); // its alternative text stays
  }
}

async function put(image, path) {
  const address = URL.createObjectURL(await photoBlob(path, { quiet: true }));
  try {
    const next = new Image();
    next.src = address;
    await next.decode();
    image.src = address;
    await image.decode();
  } finally {
    URL.revokeObjectURL(address);
  }
}

function inTurn(line, work) {
  return new Promise((resolve, reject) => {
    line.push(() => work().then(resolve, reject));
    next();
  });
}

function next() {
  const work = underWay < AT_ONCE && (waiting.small.shift() ?? waiting.large.shift());
  if (!work) return;
  underWay++;
  work().finally(() => {
    underWay--;
    next();
  });
}

// How a picture comes in: chosen, dropped, pasted or by its address.
const WIDE_ENOUGH = 2000; // pixels; larger photos are made smaller before they travel
const HEAVY = 4_000_000; // bytes; lighter ones travel as they are

/** The first picture that `transfer` (of a drop or a paste) carries: {blob} or {url}, or null. */
export function pictureOf(transfer) {
  const file = [...transfer.files].find((one) => one.type.startsWith("image/") || isPictureName(one.name));
  if (file) return { blob: file, name: file.name };
  const address = transfer
    .getData("text/uri-list")
    .split("\n")
    .find((line) => line && !line.startsWith("#"));
  const text = address || transfer.getData("text/plain").trim();
  return isAddress(text) ? { url: text, name: text } : null;
}

export const isAddress = (text) => /^https?:\/\/\S+$/i.test(text);
const isPictureName = (name) => /\.(avif|bmp|gif|heic|heif|jpe?g|png|tiff?|webp)$/i.test(name);

/** Heavy photos are made smaller, so that telephones need not send ten megabytes; others keep their very bytes. */
export async function lightened(picture) {
  if (!picture.blob || picture.blob.size <= HEAVY) return picture;
  try {
    const bitmap = await createImageBitmap(picture.blob); // upright
    const scale = Math.min(1, WIDE_ENOUGH / Math.max(bitmap.width, bitmap.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(bitmap.width * scale);
    canvas.height = Math.round(bitmap.height * scale);
    canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    bitmap.close();
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.92));
    return blob ? { ...picture, blob } : picture;
  } catch {
    return picture; // of a kind that this browser cannot open; the server may
  }
}

/** Drops anywhere on the page, and pastes anywhere but into a field, unless a picture is what is pasted. */
export function takeIn({ onPicture, onNothing, onText }) {
  let depth = 0;
  const over = (inside) => document.body.classList.toggle("dropping", inside);
  addEventListener("dragenter", (event) => {
    event.preventDefault();
    depth++;
    over(true);
  });
  addEventListener("dragleave", () => over(--depth > 0));
  addEventListener("dragover", (event) => {
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
  });
  addEventListener("drop", (event) => {
    event.preventDefault();
    depth = 0;
    over(false);
    arrive(event.dataTransfer);
  });
  addEventListener("paste", (event) => {
    const inField = event.target.closest?.("input, textarea");
    const hasFile = event.clipboardData.files.length > 0;
    if (inField && !hasFile) return;
    event.preventDefault();
    arrive(event.clipboardData);
  });

  function arrive(transfer) {
    performance.mark("shelflens:picture"); // bench/page.py measures from here
    const picture = pictureOf(transfer);
    const text = transfer.getData("text/plain").trim();
    if (picture) onPicture(picture);
    else if (text && !transfer.files.length) onText(text);
    else onNothing();
  }
}

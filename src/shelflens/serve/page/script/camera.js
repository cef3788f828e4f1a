// A photo from the camera: a dialogue with a live picture; where the browser has none, the telephone's own camera.
import { byId } from "./element.js";

export const hasCamera = () => Boolean(navigator.mediaDevices?.getUserMedia);

/** Resolves with {blob, name}, or null when the dialogue is closed. Raises what getUserMedia does. */
export async function photograph() {
  const dialog = byId("camera");
  const video = byId("camera-video");
  const stream = await navigator.mediaDevices.getUserMedia({
    video: { facingMode: "environment", width: { ideal: 1600 }, height: { ideal: 1200 } },
  });
  const take = byId("camera-take");
  take.disabled = true; // until there is something to take
  video.srcObject = stream;
  dialog.showModal();
  try {
    await video.play();
    take.disabled = false;
    return await new Promise((resolve) => {
      take.onclick = () => snapshot(video).then((blob) => resolve({ blob, name: "camera.jpg" }));
      dialog.onclose = () => resolve(null);
    });
  } finally {
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
    dialog.onclose = null;
    dialog.close();
  }
}

function snapshot(video) {
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext("2d").drawImage(video, 0, 0);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.92));
}

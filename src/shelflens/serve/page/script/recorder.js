// What the microphone hears, as a WAV file for the server: one channel, 16 bits, at the rate that the device has.
const LONGEST = 15; // seconds of a question

export const canRecord = () => Boolean(navigator.mediaDevices?.getUserMedia && globalThis.AudioWorkletNode);

export class Recorder {
  constructor() {
    this.stopped = new Promise((resolve) => (this.stop = resolve));
  }

  /** A Blob, when `stop` was called or LONGEST seconds have passed. Rejects with NotAllowedError and the like. */
  async record() {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1 } });
    const context = new AudioContext();
    try {
      await context.audioWorklet.addModule("/page/script/hearing.js");
      const hearing = new AudioWorkletNode(context, "hearing", { numberOfOutputs: 0 });
      const heard = [];
      hearing.port.onmessage = ({ data }) => heard.push(data);
      context.createMediaStreamSource(stream).connect(hearing);
      const late = setTimeout(this.stop, LONGEST * 1000);
      await this.stopped;
      clearTimeout(late);
      return wav(heard, context.sampleRate);
    } finally {
      for (const track of stream.getTracks()) track.stop();
      await context.close();
    }
  }
}

/** `parts`: Float32Arrays of -1..1. */
function wav(parts, rate) {
  const samples = parts.reduce((count, part) => count + part.length, 0);
  const view = new DataView(new ArrayBuffer(44 + 2 * samples));
  const text = (at, words) => [...words].forEach((sign, index) => view.setUint8(at + index, sign.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, 36 + 2 * samples, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true); // bytes of what follows
  view.setUint16(20, 1, true); // PCM
  view.setUint16(22, 1, true); // channels
  view.setUint32(24, rate, true);
  view.setUint32(28, 2 * rate, true); // bytes a second
  view.setUint16(32, 2, true); // bytes of a sample
  view.setUint16(34, 16, true); // bits of one
  text(36, "data");
  view.setUint32(40, 2 * samples, true);
  let at = 44;
  for (const part of parts)
    for (const value of part) {
      view.setInt16(at, Math.max(-1, Math.min(1, value)) * 0x7fff, true);
      at += 2;
    }
  return new Blob([view], { type: "audio/wav" });
}

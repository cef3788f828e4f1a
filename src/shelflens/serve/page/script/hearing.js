// In the browser's thread for sound: passes on what the first channel brings.
class Hearing extends AudioWorkletProcessor {
  process([[channel]]) {
    if (channel) this.port.postMessage(channel.slice());
    return true;
  }
}

registerProcessor("hearing", Hearing);

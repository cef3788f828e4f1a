// Reads Prometheus' text: name{label="value"} number, a line each.
const LINE = /^(\w+)(?:\{(.*)\})? (\S+)$/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

export function readMetrics(text) {
  const samples = [];
  for (const line of text.split("\n")) {
    const [, name, labels = "", value] = LINE.exec(line) ?? [];
    if (name)
      samples.push({
        name,
        value: Number(value),
        labels: Object.fromEntries([...labels.matchAll(LABEL)].map(([, label, told]) => [label, told])),
      });
  }
  const chosen = (name, which = () => true) => samples.filter((sample) => sample.name === name && which(sample.labels));
  return {
    sum: (name, which) => chosen(name, which).reduce((total, { value }) => total + value, 0),
    /** Of a histogram: the upper edge of the bucket that holds the median; null before the first sample. */
    median(name, which) {
      const counts = new Map();
      for (const { labels, value } of chosen(`${name}_bucket`, which)) {
        const edge = labels.le === "+Inf" ? Infinity : Number(labels.le);
        counts.set(edge, (counts.get(edge) ?? 0) + value);
      }
      const edges = [...counts.keys()].sort((a, b) => a - b);
      const half = (counts.get(Infinity) ?? 0) / 2;
      return half ? edges.find((edge) => counts.get(edge) >= half) : null;
    },
  };
}

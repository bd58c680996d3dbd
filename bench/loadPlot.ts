/** What is drawn of a second: rows purged, and the 95th percentile of the application's transactions around it. */
export interface Second {
  rowsPerSecond: number;
  p95Millis: number;
}

/** A stretch of the plot with a name, in seconds from its beginning. */
export interface Stretch {
  name: string;
  from: number;
  to: number;
}

const size = { width: 860, panel: 130, left: 62, right: 60, top: 26, gap: 34 };

/** Two curves over the same seconds, one above the other, as SVG. */
export function plot(seconds: readonly Second[], stretches: readonly Stretch[]): string {
  const x = (second: number) => size.left + (second / seconds.length) * (size.width - size.left - size.right);
  const panels = [
    { title: 'rows purged per second', colour: '#1f77b4', values: seconds.map((each) => each.rowsPerSecond) },
    { title: 'p95 of the application, ms', colour: '#d62728', values: seconds.map((each) => each.p95Millis) },
  ].map(({ title, colour, values }, index) => {
    const top = size.top + index * (size.panel + size.gap);
    const most = roundedUp(Math.max(1, ...values.filter(Number.isFinite)));
    const y = (value: number) => top + size.panel * (1 - value / most);
    const points = values.flatMap((value, second) =>
      Number.isFinite(value) ? [`${x(second + 0.5).toFixed(1)},${y(value).toFixed(1)}`] : [],
    );
    return [
      `<text x="${size.left}" y="${top - 6}">${title}</text>`,
      ...[0, most / 2, most].map(
        (value) =>
          `<line class="grid" x1="${size.left}" x2="${size.width - size.right}" y1="${y(value)}" y2="${y(value)}"/>` +
          `<text class="axis" x="${size.left - 6}" y="${y(value) + 4}">${value.toLocaleString('en')}</text>`,
      ),
      `<polyline stroke="${colour}" points="${points.join(' ')}"/>`,
    ].join('\n');
  });
  const bottom = size.top + 2 * size.panel + size.gap;
  const named = stretches.map(
    ({ name, from, to }, index) =>
      `<line class="border" x1="${x(from)}" x2="${x(from)}" y1="${size.top}" y2="${bottom}"/>` +
      `<text class="name" x="${(x(from) + x(to)) / 2}" y="${bottom + 16 + (index % 2) * 16}">${name}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${bottom + 40}" font-family="sans-serif" font-size="12">
<title>Rows purged per second and the application's p95 over time</title>
<style>
polyline { fill: none; stroke-width: 1.5 } .grid { stroke: #ddd } .border { stroke: #888; stroke-dasharray: 3 3 }
.axis { text-anchor: end; fill: #555 } .name { text-anchor: middle; fill: #333 }
</style>
<rect width="100%" height="100%" fill="#fff"/>
${[...panels, ...named].join('\n')}
</svg>
`;
}

/** To one, two or five times a power of ten. */
function roundedUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5, 10].find((step) => step * power >= value) ?? 10) * power;
}

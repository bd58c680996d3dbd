/** 1,204,311 */
export function exact(count: number): string {
  return Math.round(count).toLocaleString('en');
}

/** 9,876 · 612 k · 41.2 M */
export function short(count: number): string {
  if (count < 10_000) return exact(count);
  if (count < 999_500) return `${Math.round(count / 1e3)} k`;
  const unit = count < 999.95e6 ? 'M' : 'bn';
  const scaled = count / (unit === 'M' ? 1e6 : 1e9);
  return `${scaled < 100 ? scaled.toFixed(1) : Math.round(scaled)} ${unit}`;
}

/** 18.4k/s */
export function rate(rowsPerSecond: number): string {
  if (rowsPerSecond < 1000) return `${rowsPerSecond < 10 ? rowsPerSecond.toFixed(1) : Math.round(rowsPerSecond)}/s`;
  return `${(rowsPerSecond / 1000).toFixed(1)}k/s`;
}

/** 7.9 GB, in powers of ten. */
export function size(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let scaled = bytes;
  let unit = 0;
  while (scaled >= 999.5 && unit < units.length - 1) {
    scaled /= 1000;
    unit++;
  }
  return `${scaled < 100 && unit > 0 ? scaled.toFixed(1) : Math.round(scaled)} ${units[unit]}`;
}

/** 45s · 9m 5s · 26m · 3h 10m · 2d 4h: from ten minutes on without seconds. */
export function span(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [
    [Math.floor(whole / 86_400), 'd'],
    [Math.floor(whole / 3600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'm'],
    [whole % 60, 's'],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return '0s';
  const units = parts.slice(first, first + (whole >= 600 && whole < 3600 ? 1 : 2)).filter(([count]) => count > 0);
  return units.map(([count, unit]) => `${count}${unit}`).join(' ');
}

/** `1 day`, `8 days` */
export function counted(count: number, noun: string): string {
  return `${exact(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** A progress bar of so many blocks. */
export function bar(share: number, blocks: number): string {
  const done = Math.min(blocks, Math.max(0, Math.floor(share * blocks)));
  return '▇'.repeat(done) + '▁'.repeat(blocks - done);
}

/** 71 %, rounded down, so that 100 % means that nothing is left. */
export function percent(share: number): string {
  return `${Math.min(100, Math.floor(share * 100))} %`;
}

import { existsSync, readFileSync } from 'node:fs';

/**
 * The peak resident memory of this process. Linux's ru_maxrss begins at the parent's peak, from before the exec: the
 * kernel's own mark of this program is right.
 */
export function peakMB(): number {
  const status = existsSync('/proc/self/status') ? readFileSync('/proc/self/status', 'utf8') : '';
  const kilobytes = Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? process.resourceUsage().maxRSS);
  return Math.round(kilobytes / 1024);
}

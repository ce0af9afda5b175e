/**
 * Numbers and times as people read them.
 *
 * @packageDocumentation
 */

/** `1234567` as `1,234,567`. */
export function count(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `1 item`, `2 items`. */
export function counted(value: number, noun: string, plural = "s"): string {
  return `${count(value)} ${noun}${value === 1 ? "" : plural}`;
}

/** How much a second: `0.25/s`, `38/s`, `12,300/s`, `1.25 M/s`. */
export function rate(perSecond: number): string {
  if (!Number.isFinite(perSecond)) return "–/s";
  if (perSecond >= 1e6) return `${(perSecond / 1e6).toFixed(2)} M/s`;
  if (perSecond >= 100) return `${count(perSecond)}/s`;
  return `${perSecond.toFixed(perSecond >= 10 ? 0 : perSecond >= 1 ? 1 : 2)}/s`;
}

/** How long something took: `21 ms`, `2.71 s`, `3 min 20 s`, `1 h 02 min`. */
export function duration(milliseconds: number): string {
  if (milliseconds < 1) return `${milliseconds.toFixed(2)} ms`;
  if (milliseconds < 999.5) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 59_995) return `${(milliseconds / 1000).toFixed(2)} s`;
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${pad(Math.floor((seconds % 3600) / 60))} min`;
}

/** How long something took that may be far below a millisecond: `21 ms`, `35 µs`, `4.2 µs`, `180 ns`. */
export function shortTime(milliseconds: number): string {
  if (milliseconds >= 10) return duration(milliseconds);
  if (milliseconds >= 1) return `${milliseconds.toFixed(1)} ms`;
  if (milliseconds >= 0.01) return `${Math.round(1000 * milliseconds)} µs`;
  if (milliseconds >= 0.001) return `${(1000 * milliseconds).toFixed(1)} µs`;
  return `${count(1e6 * milliseconds)} ns`;
}

/** How long something will take, as a clock shows it: `0:07`, `3:20`, `1:02:03`. */
export function clock(milliseconds: number): string {
  const seconds = Math.ceil(milliseconds / 1000);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${pad(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${pad(minutes % 60)}:${pad(seconds % 60)}`;
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}

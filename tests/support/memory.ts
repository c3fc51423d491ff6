/** Collects garbage, because V8 lets dead buffers pile up, whatever the file's size. */
export function sweep(): void {
  if (!globalThis.gc) throw new Error('this process needs --expose-gc');
  globalThis.gc();
}

/** Memory in bytes, beyond what the process had at the start of the measurement. */
type Added = { rss: number; external: number };

/** Starts to measure the memory of this process. `look` compares, and `added` is the most that any look has found. */
export function measureMemory(): { look: () => void; added: () => Added } {
  sweep();
  const before = process.memoryUsage();
  const peak = { rss: before.rss, external: before.external };
  return {
    look: () => {
      sweep();
      const { rss, external } = process.memoryUsage();
      peak.rss = Math.max(peak.rss, rss);
      peak.external = Math.max(peak.external, external);
    },
    added: () => ({ rss: peak.rss - before.rss, external: peak.external - before.external }),
  };
}

/**
 * Looks again and again until the returned function is called. A look collects garbage, and on a busy machine that takes long: the
 * process gets at least three times as long for its work in between.
 */
export function lookOften(look: () => void, pauseMs: number): () => void {
  let timer: NodeJS.Timeout;
  const again = (after: number) => {
    timer = setTimeout(() => {
      const began = performance.now();
      look();
      again(Math.max(pauseMs, 3 * (performance.now() - began)));
    }, after);
  };
  again(pauseMs);
  return () => clearTimeout(timer);
}

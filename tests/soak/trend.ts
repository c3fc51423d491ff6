/** A value over time. `at` is in milliseconds. */
export type Point = { at: number; value: number };

/**
 * The slope of the line through some points, in units an hour: the median of the slopes between all pairs (Theil and Sen). A few
 * outliers, such as a sample during a burst, do not change it.
 */
export function slopePerHour(points: readonly Point[]): number {
  const slopes = points.flatMap((one, index) =>
    points.slice(index + 1).flatMap((other) => {
      const hours = (other.at - one.at) / 3_600_000;
      return hours > 0 ? [(other.value - one.value) / hours] : [];
    }),
  );
  return median(slopes);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low = 0, high = 0] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return (low + high) / 2;
}

/**
 * The requested bytes of a file. Both ends are included. `whole` also covers a header that cannot be understood, as RFC 9110
 * says.
 */
export type Range =
  | { outcome: 'whole' }
  | { outcome: 'part'; start: number; end: number }
  | { outcome: 'unsatisfiable' };

/**
 * Reads a `Range` header for a file of `size` bytes. We serve one range. For several we send the whole file, which the RFC
 * allows.
 */
export function rangeOf(header: string | undefined, size: number): Range {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? [];
  if (first === '' && last === '') return { outcome: 'whole' };
  if (first === '') {
    const start = Math.max(0, size - Number(last));
    return start < size ? { outcome: 'part', start, end: size - 1 } : { outcome: 'unsatisfiable' };
  }
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== '' && Number(last) < start) return { outcome: 'whole' };
  return start < size ? { outcome: 'part', start, end } : { outcome: 'unsatisfiable' };
}

/** What percent-encoded text of an address stands for; null when it is no such text, such as a password with a bare `%`. */
export function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

const dataUrl = /^data:image\/(?:png|jpe?g|webp);base64,([A-Za-z0-9+/]+={0,2})$/;

/** The bytes of an image in a `data:` URL. Null if it is anything else: VidGenie fetches no address that a caller names. */
export function bytesOfDataUrl(given: string): Uint8Array | null {
  const base64 = dataUrl.exec(given)?.[1];
  return base64 === undefined ? null : Buffer.from(base64, 'base64');
}

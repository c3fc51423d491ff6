import { html } from 'htm/preact';
import type { VNode } from 'preact';

/**
 * Drawn on a grid of 20 by 20, in the colour of the text beside them. An icon always has a label, because it says nothing by
 * itself.
 */
const paths = {
  make: 'M10 2.5l1.7 4.4a2.5 2.5 0 0 0 1.4 1.4l4.4 1.7-4.4 1.7a2.5 2.5 0 0 0-1.4 1.4L10 17.5l-1.7-4.4a2.5 2.5 0 0 0-1.4-1.4L2.5 10l4.4-1.7a2.5 2.5 0 0 0 1.4-1.4z',
  gallery: 'M3 3.5h6v6H3zM11 3.5h6v6h-6zM3 11.5h6v5H3zM11 11.5h6v5h-6z',
  credits:
    'M10 3c3.9 0 6.5 1.1 6.5 2.5S13.9 8 10 8 3.5 6.9 3.5 5.5 6.1 3 10 3zM3.5 5.5v4.5c0 1.4 2.6 2.5 6.5 2.5s6.5-1.1 6.5-2.5V5.5M3.5 10v4.5c0 1.4 2.6 2.5 6.5 2.5s6.5-1.1 6.5-2.5V10',
  admin: 'M7.5 12.5a4.5 4.5 0 1 1 4-2.4l5.5 5.4V17h-2.5v-1.8h-1.8v-1.8h-1.8l-1.2-1.2a4.5 4.5 0 0 1-2.2.3zM6.5 7.2v.1',
  sun: 'M10 6.5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7zM10 1.8v1.7M10 16.5v1.7M1.8 10h1.7M16.5 10h1.7M4.2 4.2l1.2 1.2M14.6 14.6l1.2 1.2M4.2 15.8l1.2-1.2M14.6 5.4l1.2-1.2',
  moon: 'M16.8 11.8A7 7 0 0 1 8.2 3.2a7 7 0 1 0 8.6 8.6z',
  both: 'M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM10 3v14M10 6.5h5.8M10 10h7M10 13.5h5.8',
  words: 'M4 5.5h12M4 10h12M4 14.5h7',
  enhance: 'M4 16L13.5 6.5M12 5l3 3M5.5 3v3M4 4.5h3M15.5 12.5v3M14 14h3',
  image: 'M3.5 4h13v12h-13zM3.5 13.5l3.7-3.7 3.3 3.3 2.2-2.2 3.8 3.8M12.8 7.3v.1',
  video: 'M3.5 4.5h13v11h-13zM8.5 7.7v4.6l3.8-2.3z',
  play: 'M7 4.5v11l8.5-5.5z',
  cancel: 'M5.5 5.5h9v9h-9z',
  again: 'M16 10a6 6 0 1 1-1.8-4.3M16.2 3v3.5h-3.5',
  edit: 'M4 16l.8-3.3L13.3 4.2l2.5 2.5-8.5 8.5zM11.5 6l2.5 2.5',
  animate: 'M3.5 4.5h13v11h-13zM8.5 7.7v4.6l3.8-2.3z',
  extend: 'M3.5 4.5h9v11h-9zM12.5 10h5M15 7.5l2.5 2.5-2.5 2.5',
  continue: 'M5 4.5v11l6-5.5zM12.5 4.5v11l4.5-5.5z',
  join: 'M3.5 5.5h5v9h-5zM11.5 5.5h5v9h-5zM8.5 10h3',
  remix: 'M3 6h4l6 8h4M3 14h4l6-8h4',
  hidden: 'M2.5 10c3-5.3 12-5.3 15 0-3 5.3-12 5.3-15 0zM3.5 17l13-14',
  cast: 'M7 4.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5zM2.5 16a4.5 4.5 0 0 1 9 0M13 4.8a2.4 2.4 0 0 1 0 4.6M14 11.8a4 4 0 0 1 3.5 4.2',
  more: 'M5 10v.1M10 10v.1M15 10v.1',
  delete: 'M4 6h12M8 6V4h4v2M5.5 6l.7 10.5h7.6L14.5 6M8.5 9v4.5M11.5 9v4.5',
  download: 'M10 3v9.5M6.2 9l3.8 3.8L13.8 9M3.5 16.5h13',
  link: 'M8.5 11.5a3 3 0 0 0 4.3 0l2.7-2.7a3 3 0 0 0-4.3-4.3l-.9.9M11.5 8.5a3 3 0 0 0-4.3 0l-2.7 2.7a3 3 0 0 0 4.3 4.3l.9-.9',
  back: 'M11.5 4.5L6 10l5.5 5.5',
  search: 'M8.8 3.5a5.3 5.3 0 1 1 0 10.6 5.3 5.3 0 0 1 0-10.6zM12.7 12.7l4 4',
  out: 'M8 4H4v12h4M12 6.5l3.5 3.5-3.5 3.5M15 10H7.5',
  check: 'M4.5 10.5l3.8 3.7 7.2-8.4',
  cross: 'M5.5 5.5l9 9M14.5 5.5l-9 9',
} as const;

export type IconName = keyof typeof paths;

export const icon = (name: IconName): VNode =>
  html`<svg class="icon" viewBox="0 0 20 20" aria-hidden="true"><path d=${paths[name]} /></svg>`;

import { html } from 'htm/preact';

/** The mark is decoration. Screen readers read the name beside it. */
export const brand = html`<svg class="mark" viewBox="0 0 24 24" aria-hidden="true">
    <path d="M7 4.2c0-1.1 1.2-1.8 2.2-1.3l11.3 6.6c1 .6 1 2 0 2.6L9.2 18.7c-1 .6-2.2-.1-2.2-1.3z" />
    <circle cx="4.8" cy="20.3" r="1.9" />
  </svg><span class="name">VidGenie</span>`;

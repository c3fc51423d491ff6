import type { Page } from 'playwright-core';

/**
 * Faults in the layout of a page's text, as a browser draws it: text over other text, text outside the screen, and text that
 * its own button or choice cuts off. An element that scrolls by itself, or ends in an ellipsis on purpose, is no fault.
 */
export const misplaced = (page: Page): Promise<string[]> =>
  page.evaluate<string[]>(`(() => {
  const layerOf = (element) => {
    for (let at = element; at; at = at.parentElement)
      if (at.tagName === 'DIALOG' || ['fixed', 'sticky'].includes(getComputedStyle(at).position)) return at;
    return document.body;
  };
  const clipped = (rect, element) => {
    let { left, right, top, bottom } = rect;
    for (let at = element; at && at !== document.body; at = at.parentElement) {
      if (getComputedStyle(at).overflow === 'visible') continue;
      const box = at.getBoundingClientRect();
      left = Math.max(left, box.left);
      right = Math.min(right, box.right);
      top = Math.max(top, box.top);
      bottom = Math.min(bottom, box.bottom);
    }
    return { left, right, top, bottom };
  };
  const lines = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const element = node.parentElement;
    if (node.data.trim() === '' || element.closest('.hidden, .skip, script, noscript, option')) continue;
    if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const rect of range.getClientRects()) {
      const box = clipped(rect, element);
      if (box.right - box.left > 1 && box.bottom - box.top > 1)
        lines.push({ ...box, node, layer: layerOf(element), words: node.data.trim().slice(0, 40) });
    }
  }
  const faults = [];
  lines.forEach((one, at) => {
    if (one.right > innerWidth + 1) faults.push('beyond the screen: ' + one.words);
    for (const other of lines.slice(at + 1)) {
      if (other.node === one.node || other.layer !== one.layer) continue;
      const across = Math.min(one.right, other.right) - Math.max(one.left, other.left);
      const down = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
      if (across > 2 && down > 5) faults.push('on one another: ' + one.words + ' | ' + other.words);
    }
  });
  for (const element of document.querySelectorAll('button, a.button, .choice > span:not(.hidden)'))
    if (element.checkVisibility() && element.scrollWidth > element.clientWidth + 1)
      faults.push('cut off: ' + element.textContent.trim());
  return faults;
})()`);

/** Buttons and links of an open dialog that are not wholly visible. */
export const cutInDialog = (page: Page): Promise<string[]> =>
  page.evaluate<string[]>(`(() => {
  const dialog = document.querySelector('dialog[open]');
  const box = dialog.getBoundingClientRect();
  return [...dialog.querySelectorAll('button, a')]
    .filter((one) => {
      const { top, bottom, left, right } = one.getBoundingClientRect();
      return top < box.top || bottom > box.bottom || left < box.left || right > box.right;
    })
    .map((one) => one.textContent.trim());
})()`);

/** Buttons and links that another element covers, such as a notice. */
export const covered = (page: Page, by: string): Promise<string[]> =>
  page.evaluate<string[]>(`(() => {
  const boxes = [...document.querySelectorAll('${by}')].map((one) => one.getBoundingClientRect());
  return [...document.querySelectorAll('button, a, input, textarea, select')]
    .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest('${by}'))
    .filter((one) => {
      const { top, bottom, left, right } = one.getBoundingClientRect();
      return boxes.some((box) => top < box.bottom && bottom > box.top && left < box.right && right > box.left);
    })
    .map((one) => one.textContent.trim() || one.getAttribute('aria-label') || one.closest('label')?.textContent || one.tagName);
})()`);

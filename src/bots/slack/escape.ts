/** Escapes text for mrkdwn. Text from members then cannot notify a channel or make a link, and shows as it was typed. */
export const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Reverses Slack's escaping in an event's text: the same three characters, and links in angle brackets. */
export const unescaped = (text: string): string =>
  text
    .replace(/<((?:https?|mailto):[^|>]*)(?:\|([^>]*))?>/g, (_, link: string, label?: string) => label ?? link)
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');

/** Cuts text to at most `max` UTF-16 units, in whole characters, and marks a cut with an ellipsis. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  let end = max - 1;
  const last = text.charCodeAt(end - 1);
  if (last >= 0xd800 && last <= 0xdbff) end -= 1;
  return `${text.slice(0, end)}…`;
}

/** Escapes the text, then cuts it, because escaping makes text longer. It also drops an entity that the cut broke. */
export function mrkdwn(text: string, max: number): string {
  const whole = escaped(text);
  if (whole.length <= max) return whole;
  return `${cut(whole, max)
    .slice(0, -1)
    .replace(/&[a-z]{0,4}$/, '')}…`;
}

/** A link in mrkdwn. Slack does not turn an address in our messages into a link by itself. */
export const link = (address: string, label: string): string =>
  `<${escaped(address).replaceAll('|', '%7C')}|${mrkdwn(label, 300).replaceAll('|', '¦')}>`;

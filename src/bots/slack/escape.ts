/** Text for mrkdwn: what members typed can neither address a channel nor make a link, and reads as it was typed. */
export const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** The words of an event, in which Slack escaped the same three characters and wrapped links. */
export const unescaped = (text: string): string =>
  text
    .replace(/<((?:https?|mailto):[^|>]*)(?:\|([^>]*))?>/g, (_, link: string, label?: string) => label ?? link)
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');

/** At most `max` UTF-16 units, whole characters only, with an ellipsis where something is missing. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  let end = max - 1;
  const last = text.charCodeAt(end - 1);
  if (last >= 0xd800 && last <= 0xdbff) end -= 1;
  return `${text.slice(0, end)}…`;
}

/** Escapes after cutting, and cuts again in front of a broken entity: escaping makes text longer. */
export function mrkdwn(text: string, max: number): string {
  const whole = escaped(text);
  if (whole.length <= max) return whole;
  return `${cut(whole, max)
    .slice(0, -1)
    .replace(/&[a-z]{0,4}$/, '')}…`;
}

/** A link in mrkdwn. Slack makes none by itself out of an address in a text of ours. */
export const link = (address: string, label: string): string =>
  `<${escaped(address).replaceAll('|', '%7C')}|${mrkdwn(label, 300).replaceAll('|', '¦')}>`;

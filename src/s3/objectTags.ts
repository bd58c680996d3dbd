/** An object's tags, by name: up to ten. */
export type ObjectTags = Readonly<Record<string, string>>;

/** A tag's value holds letters, digits, spaces and `+-=._:/@`; any other sign becomes `=` and its code. */
export function tagValue(text: string): string {
  return text.replaceAll(/[^\p{L}\p{N} +\-._:/@]/gu, (sign) => `=${sign.codePointAt(0)?.toString(16).toUpperCase()}`);
}

/** As the header takes them. */
export function taggingOf(tags: ObjectTags): string {
  return Object.entries(tags)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(tagValue(value))}`)
    .join('&');
}

/**
 * Makes an element. Text goes in as text, never as markup, so nothing the server or a person wrote can become code.
 * A property named `onclick` and the like is listened to; false, null and undefined are left out; true is an empty attribute.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any>} [attributes]
 * @param {...(Node | string | null | undefined | false)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value == null || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : value);
  }
  for (const child of children) if (child) node.append(child);
  return node;
}

/** What the server says is in English, whatever the language of the interface around it. */
export const CONTENT = 'en';

/**
 * @param {string} label
 * @param {(event: MouseEvent) => void} onclick
 * @param {Record<string, any>} [attributes]
 */
export const button = (label, onclick, attributes) => h('button', { type: 'button', onclick, ...attributes }, label);

/**
 * A link, or plain words when the address is not one a person would expect to open from here.
 *
 * @param {string} label
 * @param {string | null | undefined} href
 * @param {string} [newTab] Words saying that it opens in a new tab. Without them it opens here.
 */
export function link(label, href, newTab) {
  const words = h('span', { lang: CONTENT }, label);
  if (!/^(https?|tel|sms|mailto):/i.test(href ?? '')) return words;
  return newTab
    ? h('a', { href, target: '_blank', rel: 'noopener noreferrer' }, words, ` (${newTab})`)
    : h('a', { href }, words);
}

/**
 * Paragraphs at blank lines, and lists of the lines that start with "- ".
 *
 * @param {string} text
 */
export function paragraphs(text) {
  /** @type {HTMLElement[]} */
  const blocks = [];
  for (const part of text.trim().split(/\n{2,}|\n(?=- )/)) {
    const item = part.startsWith('- ');
    if (!item) blocks.push(h('p', {}, part));
    else if (blocks.at(-1)?.localName !== 'ul') blocks.push(h('ul'));
    if (item) blocks.at(-1)?.append(h('li', {}, part.slice(2)));
  }
  return blocks;
}

/**
 * The same words to be heard: a list's lines become sentences, as a voice reads "- " out as "dash".
 *
 * @param {string} text
 */
export const aloud = (text) =>
  text.split(/\s*\n\s*/).map((line) => line.replace(/^- /, '').replace(/[^.?!:,;]$/, '$&.')).join(' ').trim();

/**
 * @param {Record<string, string>} strings
 * @returns {import('./types.js').Translate}
 */
export const translator = (strings) => (key, values = {}) =>
  (strings[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ''));

/** Long enough for a screen reader to have picked the words up; then they go, so that nobody meets them twice. */
const STAY = 7000;

/**
 * What a screen reader says by itself. Always on the page, apart from the messages: a live transcript would be read
 * again when an older part of it changes. One paragraph for each thing to say, so that two in a row are both read.
 */
export class Live {
  node = h('div', { class: 'vh', 'aria-live': 'polite', 'aria-relevant': 'additions' });
  #held = false;
  /** @type {(string | Node)[][]} */
  #waiting = [];

  /** @param {...(string | Node)} parts */
  say(...parts) {
    if (this.#held) return void this.#waiting.push(parts);
    const line = h('p', {}, ...parts.flatMap((part) => [' ', part]).slice(1));
    this.node.append(line);
    setTimeout(() => line.remove(), STAY);
  }

  /** While a modal dialog is open this region is out of reach, so words wait until it closes. @param {boolean} held */
  hold(held) {
    this.#held = held;
    if (!held) for (const parts of this.#waiting.splice(0)) this.say(...parts);
  }
}

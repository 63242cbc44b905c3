/** @import { Chat, Settings } from './types.js' */

const NAME = 'coproduction-chat';
const DRAFT = `${NAME}-draft`;
const LOOK = `${NAME}-settings`;

/** @type {Settings} */
const PLAIN = { lang: '', size: 1, theme: 'auto', roomy: false, calm: false, simple: false, read: false, dictate: false };

/** Somewhere to keep things that is gone with the page: for browsers that block storage, and for the demo. */
export function memory() {
  /** @type {Record<string, string>} */
  const kept = {};
  return {
    getItem: (/** @type {string} */ name) => kept[name] ?? null,
    setItem: (/** @type {string} */ name, /** @type {string} */ value) => { kept[name] = value; },
    removeItem: (/** @type {string} */ name) => { delete kept[name]; },
  };
}

/** @param {() => Storage} find Throws where the browser blocks storage. */
function orMemory(find) {
  try {
    find().setItem(`${NAME}-test`, '');
    find().removeItem(`${NAME}-test`);
    return find();
  } catch {
    return memory();
  }
}

/**
 * What stays on this device. A chat lives in the tab until the person chooses to keep their answers, then on the device.
 * Chats are filed by activity code; the last one used is the one that opens where no code is given.
 */
export class Store {
  constructor(tab = orMemory(() => sessionStorage), device = orMemory(() => localStorage)) {
    this.tab = tab;
    this.device = device;
  }

  /** @param {string} code @returns {Chat | null} */
  load(code) {
    for (const place of [this.tab, this.device]) {
      const { last = '', chats = {} } = read(place, NAME);
      const chat = chats[code || last];
      if (chat) return chat;
    }
    return null;
  }

  /** @param {Chat} chat */
  save(chat) {
    this.drop(chat);
    const place = chat.kept ? this.device : this.tab;
    const { chats = {} } = read(place, NAME);
    write(place, NAME, { last: chat.code, chats: { ...chats, [chat.code]: chat } });
  }

  /** The chats a person chose to keep on this device. @returns {Chat[]} */
  kept() {
    return Object.values(read(this.device, NAME).chats ?? {});
  }

  /** Makes a kept chat the one that opens next, in this tab too. @param {Chat} chat */
  pick(chat) {
    this.save(chat);
    const { chats } = read(this.tab, NAME);
    if (chats) write(this.tab, NAME, { last: chat.code, chats });
  }

  /** @param {Chat} chat */
  drop(chat) {
    for (const place of [this.tab, this.device]) {
      const { last, chats = {} } = read(place, NAME);
      if (chats[chat.code]?.id !== chat.id) continue;
      delete chats[chat.code];
      if (Object.keys(chats).length) write(place, NAME, { last: last === chat.code ? Object.keys(chats)[0] : last, chats });
      else place.removeItem(NAME);
    }
  }

  /** Words not yet sent. They survive a reload, and go with the tab. */
  get draft() {
    return this.tab.getItem(DRAFT) ?? '';
  }

  set draft(text) {
    if (text) write(this.tab, DRAFT, text, String);
    else this.tab.removeItem(DRAFT);
  }

  /** @returns {Settings} */
  get settings() {
    return { ...PLAIN, ...read(this.device, LOOK) };
  }

  set settings(settings) {
    write(this.device, LOOK, settings);
  }

  forgetSettings() {
    this.device.removeItem(LOOK);
  }
}

/** @param {Pick<Storage, 'getItem'>} place @param {string} name */
function read(place, name) {
  try {
    return JSON.parse(place.getItem(name) ?? '{}');
  } catch {
    return {};
  }
}

/** @param {Pick<Storage, 'setItem'>} place @param {string} name @param {any} value @param {(value: any) => string} [encode] */
function write(place, name, value, encode = JSON.stringify) {
  try {
    place.setItem(name, encode(value));
  } catch {
    // A full or blocked store loses only the comfort of coming back; the chat itself goes on.
  }
}

import { ApiError } from './api.js';
/** @import { Chat, Client, Options, Outgoing, Reply } from './types.js' */

const POLL = 2000;
const LONGEST_WAIT = 30000;

/**
 * One person's conversation: what has gone, what has not, what to do when the server does not answer.
 * Knows nothing of the page; tells `view` what happened.
 */
export class Conversation {
  /** @type {Chat | null} */
  chat = null;
  #client;
  #store;
  #view;
  #options;
  #seen = new Set();
  /** The last message that the server keeps. Notices may not be kept, so asking for what came after one could fail. @type {string | undefined} */
  #last;
  #ready = false;
  #revived = false;
  #busy = false;
  #catchingUp = false;
  #closed = false;
  #tries = 0;
  /** How often something came from the server. */
  #received = 0;
  /** Something was deleted, and the page could not be read anew yet. */
  #stale = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {{ client: Client, store: import('./store.js').Store, view: import('./view.js').View, options: Options }} parts */
  constructor({ client, store, view, options }) {
    this.#client = client;
    this.#store = store;
    this.#view = view;
    this.#options = options;
  }

  /** Carries on with the chat this device knows, or starts one. */
  async open() {
    this.chat = this.#store.load(this.#options.activityCode);
    try {
      if (this.chat) await this.#reopen();
      else await this.#start();
    } catch (problem) {
      const error = asApiError(problem);
      if (this.#closed) return;
      if (this.chat && error.gone) return this.#startAfresh();
      if (error.passing) this.#later(() => this.open(), error);
      this.#view.cannotOpen(error, Boolean(this.#options.activityCode));
    }
  }

  /** Tries at once what was going to be tried later. */
  retry() {
    if (!this.#ready) void this.open();
    else if (this.chat?.outbox.length) void this.#flush();
    else void this.catchUp();
  }

  /** Starts a new chat, without the activity's code if it was refused. @param {{ withoutCode?: boolean }} [how] */
  async startAgain({ withoutCode } = {}) {
    if (withoutCode) this.#options.activityCode = '';
    this.#reset();
    await this.open();
  }

  /** @param {{ text: string } | { choice: string, title: string }} words */
  say(words) {
    if (this.#ready) this.#queue({ id: newId(), ...words });
    return this.#ready;
  }

  /** @param {Outgoing} outgoing */
  #queue(outgoing) {
    const chat = /** @type {Chat} */ (this.chat);
    chat.outbox.push(outgoing);
    this.#store.save(chat);
    this.#view.outgoing(outgoing);
    void this.#flush();
  }

  /** Messages that came by another way: a slow answer, another device, a coordinator. */
  async catchUp() {
    if (!this.chat || this.#busy || this.#catchingUp) return;
    const { chat } = this;
    this.#catchingUp = true; // somebody who goes to and fro between pages asks once, not once each time
    try {
      if (this.#stale) await this.#drawAnew({});
      else await this.#history();
    } catch (problem) {
      const error = asApiError(problem);
      if (this.#closed || this.chat !== chat) return;
      if (error.gone) await this.#startAfresh();
      else this.#later(() => this.catchUp(), error);
    } finally {
      this.#catchingUp = false;
    }
  }

  /** @param {string} code What the person wrote down. Throws what the server said, for the form to show. */
  async resume(code) {
    const { lang, simple } = this.#options;
    const reply = await this.#client.start({ resume_code: code, lang, simple });
    this.#reset();
    this.#adopt(reply, code);
    const summary = new Set(reply.messages?.map(({ id }) => id));
    await this.#history({ quiet: true, except: summary }).catch(() => {});
    this.#receive(reply);
  }

  /** @param {{ simple?: boolean, lang?: string }} change */
  async change(change) {
    Object.assign(this.#options, change);
    const reply = this.chat && (await this.#client.change(this.chat, change));
    if (reply?.messages) this.#receive(reply);
  }

  /** @param {string} what See `Client`. */
  async download(what) {
    return this.chat && this.#client.download(this.chat, what);
  }

  async erase() {
    if (this.chat) await this.#client.erase(this.chat);
    this.forget();
  }

  /** Takes the chat off this device. What the server keeps, it keeps. */
  forget() {
    if (this.chat) this.#store.drop(this.chat);
    this.#store.draft = '';
    this.#reset();
  }

  /** For quick exit. Someone who chose to keep answers can come back; for anyone else nothing stays. */
  leave() {
    if (this.chat?.kept) this.#store.draft = '';
    else {
      this.forget();
      this.#store.forgetSettings();
    }
    this.close();
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #reset() {
    clearTimeout(this.#timer);
    this.#stale = false;
    this.chat = null;
    this.#ready = false;
    this.#seen.clear();
    this.#last = undefined;
    this.#tries = 0;
    this.#view.clear();
  }

  async #start() {
    const { activityCode, role, lang, simple } = this.#options;
    const asked = { activity_code: activityCode || undefined, role, lang, simple: simple || undefined };
    const reply = await this.#client.start(asked, this.#store.kept()[0]);
    if (this.#closed) return;
    this.#adopt(reply);
    this.#receive(reply);
  }

  /** @param {import('./types.js').Started} reply @param {string} [resume] */
  #adopt(reply, resume) {
    this.chat = {
      id: reply.conversation_id, token: reply.token, code: this.#options.activityCode, title: this.#options.title, kept: false, resume, outbox: [],
    };
    this.#opened();
  }

  /** After a reload. Whatever had not gone goes first, so that the history then holds it once and in its place. */
  async #reopen() {
    const chat = /** @type {Chat} */ (this.chat);
    /** @type {[Outgoing, Reply | ApiError][]} */
    const late = [];
    for (const outgoing of [...chat.outbox]) {
      const answer = await this.#client.send(chat, wire(outgoing)).catch(asApiError);
      if (answer instanceof ApiError && answer.gone) throw answer;
      if (answer instanceof ApiError && answer.passing) break;
      chat.outbox.shift();
      late.push([outgoing, answer]);
    }
    const except = new Set(late.flatMap(([, answer]) => ('messages' in answer && answer.messages ? answer.messages : []).map(({ id }) => id)));
    const said = await this.#history({ quiet: true, except });
    if (this.#closed) return;
    this.#opened(this.#seen.size ? 'earlier_messages' : 'still_open');
    for (const [outgoing, answer] of late) {
      if (answer instanceof ApiError) this.#view.refused(outgoing, answer);
      else {
        if (!said) this.#view.outgoing(outgoing); // a chat that is not kept has no words in its history
        this.#view.sent(outgoing);
        this.#agreed(outgoing, answer);
        this.#receive(answer);
      }
    }
    for (const outgoing of chat.outbox) {
      outgoing.restored = true;
      this.#view.outgoing(outgoing);
    }
    void this.#flush();
  }

  /** @param {'earlier_messages' | 'still_open'} [how] */
  #opened(how) {
    this.#ready = true;
    this.#view.opened(how);
  }

  async #startAfresh() {
    const chat = /** @type {Chat} */ (this.chat);
    if (chat.kept && chat.resume && !this.#revived && (await this.#revive(chat))) return;
    const unsent = chat.outbox.map(({ text }) => text ?? '').join('\n').trim();
    this.#store.drop(chat);
    this.#reset();
    this.#view.startedAfresh(chat.kept ? 'chat_not_found' : 'chat_ended', unsent);
    await this.open();
  }

  /** A token wears out; a code does not. @param {Chat} chat */
  async #revive({ resume = '', outbox }) {
    this.#revived = true; // once: a server that refuses the new token too would be asked for ever
    try {
      await this.resume(resume ?? '');
    } catch {
      return false;
    }
    for (const outgoing of outbox) this.#queue(outgoing);
    return true;
  }

  /**
   * Reads on from the last message we have.
   *
   * @param {{ quiet?: boolean, except?: Set<string> }} [how]
   * @returns {Promise<boolean>} Whether anything in it was said by the person.
   */
  async #history({ quiet = false, except = new Set() } = {}) {
    let said = false;
    const chat = /** @type {Chat} */ (this.chat);
    for await (const page of this.#pages(chat, this.#last)) {
      if (this.#closed || chat !== this.chat) return said;
      const messages = page.messages ?? [];
      said ||= messages.some(({ author }) => author === 'person');
      if (page.taken_back && !quiet) {
        await this.#drawAnew(page.next ? { ...page, messages: [] } : page);
        return said;
      }
      this.#receive({ ...page, messages: messages.filter(({ id }) => !except.has(id)) }, quiet);
    }
    return said;
  }

  /** @param {Outgoing} outgoing @param {Reply} reply */
  #agreed({ choice }, { kept }) {
    const chat = /** @type {Chat} */ (this.chat);
    if (kept && !chat.kept) chat.agreed = choice;
  }

  /** @param {Reply} reply @param {boolean} [quiet] Show it, without reading it out. */
  #receive(reply, quiet = false) {
    const chat = /** @type {Chat} */ (this.chat);
    this.#tries = 0;
    this.#received += 1;
    if (reply.kept !== undefined) chat.kept = Boolean(reply.kept);
    if (reply.resume_code || reply.kept === false) chat.resume = reply.resume_code ?? undefined; // a no puts an end to the code
    this.#store.save(chat);
    const fresh = (reply.messages ?? []).filter(({ id }) => !this.#seen.has(id));
    for (const { id, kind } of fresh) {
      this.#seen.add(id);
      if (kind !== 'notice') this.#last = id;
    }
    this.#view.show(fresh, reply, quiet, chat.agreed);
    clearTimeout(this.#timer);
    if (reply.state === 'waiting') this.#timer = setTimeout(() => this.catchUp(), POLL);
  }

  /** Sends what is waiting, one at a time and in order. */
  async #flush() {
    const { chat } = this;
    if (!chat || this.#busy) return;
    this.#busy = true;
    clearTimeout(this.#timer);
    try {
      while (chat.outbox.length && (await this.#sendFirst(chat)));
    } finally {
      this.#busy = false;
    }
  }

  /** @param {Chat} chat @returns {Promise<boolean>} Whether to go on with the next. */
  async #sendFirst(chat) {
    const [outgoing] = chat.outbox;
    this.#view.writing(true);
    let reply;
    try {
      reply = await this.#client.send(chat, wire(outgoing));
    } catch (problem) {
      const error = asApiError(problem);
      if (this.#closed || this.chat !== chat) return false;
      if (error.passing) {
        this.#view.notSent(outgoing, error);
        this.#later(() => this.#flush(), error);
        return false;
      }
      if (error.gone) {
        this.#busy = false;
        await this.#startAfresh();
        return false;
      }
      chat.outbox.shift();
      this.#store.save(chat);
      this.#view.refused(outgoing, error);
      return true;
    }
    if (this.#closed || this.chat !== chat) return false;
    chat.outbox.shift();
    this.#view.sent(outgoing);
    this.#agreed(outgoing, reply);
    // the history may already hold what was sent before a reload: all is drawn again rather than shown twice
    if (outgoing.restored || reply.taken_back) await this.#drawAnew(reply);
    else this.#receive(reply);
    return true;
  }

  /**
   * Draws the whole history again: what was deleted goes from the page too, and nothing stands there twice. The reply that led to it is
   * read out, as any other. What cannot be read is left for the next try: the words go a little later, and the page is never left empty.
   *
   * @param {Reply} reply
   */
  async #drawAnew(reply) {
    const chat = /** @type {Chat} */ (this.chat);
    const answer = new Set(reply.messages?.map(({ id }) => id));
    let pages;
    let received;
    try {
      do {
        received = this.#received;
        pages = await this.#allPages(chat);
        if (this.#closed || this.chat !== chat) return;
      } while (received !== this.#received); // somebody went on meanwhile: what was read is too old to be shown
    } catch (problem) {
      if (this.#closed || this.chat !== chat) return;
      this.#stale = true;
      if (answer.size) this.#receive(reply);
      this.#later(() => this.catchUp(), asApiError(problem));
      return;
    }
    this.#stale = false;
    this.#forgetShown();
    for (const page of pages) this.#receive({ ...page, messages: (page.messages ?? []).filter(({ id }) => !answer.has(id)) }, true);
    if (answer.size) this.#receive(reply);
    for (const outgoing of chat.outbox) this.#view.outgoing(outgoing);
  }

  /** The whole history, read but not shown. @param {Chat} chat */
  async #allPages(chat) {
    const pages = [];
    for await (const page of this.#pages(chat)) pages.push(page);
    return pages;
  }

  /** @param {Chat} chat @param {string} [after] The id of the message to read on from. */
  async *#pages(chat, after) {
    let from = after;
    do {
      const page = await this.#client.messages(chat, from);
      yield page;
      from = page.next === from ? undefined : page.next ?? undefined;
    } while (from);
  }

  #forgetShown() {
    this.#seen.clear();
    this.#last = undefined;
    this.#view.clear();
  }

  /** @param {() => unknown} action @param {ApiError} error */
  #later(action, error) {
    clearTimeout(this.#timer);
    const wait = Math.min(1000 * 2 ** this.#tries, LONGEST_WAIT);
    this.#tries += 1;
    this.#timer = setTimeout(action, Math.max(wait, 1000 * (error.retryAfter ?? 0)));
  }
}

/** @param {Outgoing} outgoing */
const wire = ({ id, text, choice }) => ({ client_message_id: id, ...(choice ? { choice } : { text }) });

/** @param {unknown} problem */
const asApiError = (problem) => {
  if (problem instanceof ApiError) return problem;
  throw problem;
};

/** `crypto.randomUUID` is missing on plain-http addresses, such as a laptop on an office network. */
function newId() {
  const digit = () => (crypto.getRandomValues(new Uint8Array(1))[0] & 15).toString(16);
  return crypto.randomUUID?.() ?? 'xxxxxxxx-xxxx-4xxx-axxx-xxxxxxxxxxxx'.replace(/x/g, digit);
}

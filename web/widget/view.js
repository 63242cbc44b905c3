import { Composer } from './composer.js';
import { CONTENT, Live, aloud, button, h } from './dom.js';
import { helpSheet, menuSheet, supportList } from './sheets.js';
import { Transcript } from './transcript.js';
/** @import { ApiError } from './api.js' */
/** @import { Message, Outgoing, Reply, Settings, Translate } from './types.js' */

/** A quick answer needs no "writing" sign: it would only flicker. */
const QUICK = 600;

/** The most of the height that the header and the message box may take, as a part of one. */
const MOST = 0.6;

const hush = () => globalThis.speechSynthesis?.cancel();

/** Everything a person sees and hears. Told what happened by `Conversation`; tells it what the person did. */
export class View {
  /** @type {import('./conversation.js').Conversation} */
  // @ts-expect-error set by the element, straight after both are made
  conversation;
  #t;
  #lang;
  #store;
  #settings;
  #live = new Live();
  #transcript;
  #composer;
  #menu;
  #help;
  #progress = h('div', { class: 'progress', hidden: true });
  #progressText = '';
  #newMessage;
  /** @type {HTMLElement | undefined} */
  #trouble;
  #toldNotSent = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #writingSoon;
  #applied;
  #leave;
  /** A summary opened to be printed. @type {any} */
  #printed;
  #bands = new ResizeObserver(() => this.#fit());

  /**
   * @param {{ t: Translate, lang: string, store: import('./store.js').Store, signal: AbortSignal,
   *   applied: (settings: Settings) => void, leave: () => void, close?: () => void, visit?: (code: string) => void }} parts
   */
  constructor({ t, lang, store, signal, applied, leave, close, visit }) {
    this.#t = t;
    this.#lang = lang;
    this.#store = store;
    this.#settings = store.settings;
    this.#applied = applied;
    this.#leave = leave;
    this.#newMessage = button(t('new_message'), () => this.#transcript.toUnread(), { class: 'new', hidden: true });
    this.#transcript = new Transcript(t, {
      choose: (choice) => this.#say(choice),
      help: () => this.#help.dialog.showModal(),
      retry: () => this.conversation.retry(),
      print: (article) => this.#print(article),
      escape: () => this.#composer.focus(),
      unread: (yes) => { this.#newMessage.hidden = !yes; },
    });
    this.#composer = new Composer(t, lang, {
      send: (text) => this.#say({ text }),
      draft: (text) => { store.draft = text; },
      say: (text) => this.#live.say(text),
    });
    this.#help = helpSheet(t);
    this.#menu = menuSheet(t, { ...this.#settings, lang }, {
      say: (text) => this.#say({ text }),
      set: (change) => this.#set(change),
      download: (what) => this.#orWhy(() => this.#download(what)),
      print: () => this.#orWhy(() => this.#openSummary()),
      erase: () => this.#orSayWhy(() => this.conversation.erase().then(() => this.#ended('deleted'))),
      forget: () => {
        this.conversation.forget();
        this.#ended('forgotten');
      },
      resume: (code) => this.#orWhy(() => this.conversation.resume(code)),
      visit: visit && ((chat) => {
        store.pick(chat);
        visit(chat.code);
      }),
    });
    for (const { dialog } of [this.#help, this.#menu]) {
      new MutationObserver(() => this.#live.hold(dialog.open)).observe(dialog, { attributeFilter: ['open'] });
    }
    this.node = h('div', { class: 'chat', lang, dir: t('direction') },
      h('header', {},
        h('div', { class: 'brand' }, h('span', { class: 'mark', 'aria-hidden': 'true' }),
          h('slot', { name: 'title' }, h('h2', { tabindex: '-1' }, t('app_name'))),
          close && button(t('close_chat'), close, { class: 'quiet' })),
        h('div', { class: 'tools' },
          button(t('help_now'), () => this.#help.dialog.showModal(), { class: 'help' }),
          button(t('menu'), () => this.openMenu()),
          button(t('quick_exit'), () => this.#quickExit(), { class: 'exit' })),
        this.#progress),
      this.#transcript.node, this.#newMessage, this.#composer.node, this.#help.dialog, this.#menu.dialog, this.#live.node);
    this.#composer.text = store.draft;
    this.#apply();
    for (const band of [this.node, this.node.firstElementChild, this.#composer.node]) this.#bands.observe(/** @type {Element} */ (band));
    addEventListener('offline', () => this.#offline(), { signal });
    addEventListener('online', () => this.#online(), { signal });
    document.addEventListener('visibilitychange', () => this.#returned(), { signal });
    this.#trouble = this.#transcript.note(t('getting_ready'));
  }

  /**
   * On a low screen, at 400 % zoom, or with very large text, the header and the box would leave no room for the messages:
   * then it is all one long page.
   */
  #fit = () => {
    const room = Math.min(innerHeight, /** @type {ShadowRoot} */ (this.node.getRootNode()).host?.clientHeight || innerHeight);
    const taken = [this.node.firstElementChild, this.#composer.node].reduce((sum, band) => sum + (band?.clientHeight ?? 0), 0);
    this.node.toggleAttribute('data-flow', taken > room * MOST);
    this.#transcript.resized();
  };

  /** @param {string} [at] The name of a setting to begin at. */
  openMenu(at) {
    this.#menu.open(this.conversation.chat, this.#store.kept());
    if (at) /** @type {HTMLElement | null} */ (this.#menu.dialog.querySelector(`[name=${at}]:checked`))?.focus();
  }

  /** @param {import('./types.js').Support} support */
  support(support) {
    this.#help.fill(support);
  }

  close() {
    clearTimeout(this.#writingSoon);
    this.#bands.disconnect();
    this.#transcript.close();
    this.#composer.close();
    hush();
  }

  clear() {
    this.#transcript.clear();
    this.#trouble = undefined;
    this.#composer.error();
    this.#setProgress(null);
    this.writing(false);
    hush();
  }

  /** @param {'earlier_messages' | 'still_open'} [how] The page was reloaded: with what was said before, or without. */
  opened(how) {
    this.#trouble?.remove();
    this.#trouble = undefined;
    this.#composer.error();
    if (how === 'still_open') this.#note(this.#t(how));
    else if (how) this.#live.say(this.#t(how));
    if (!navigator.onLine) this.#offline();
  }

  /** @param {Message[]} messages @param {Reply} reply @param {boolean} quiet @param {string} [agreed] A choice to show as pressed. */
  show(messages, { progress = null, state }, quiet, agreed) {
    this.writing(false);
    this.#transcript.show(messages, quiet, agreed);
    if (state !== 'waiting') this.#transcript.settle();
    this.#composer.status(state === 'waiting' ? this.#t('waiting') : undefined);
    const heard = quiet ? [] : messages.filter(({ author }) => author !== 'person');
    for (const message of heard) this.#live.say(...this.#spoken(message));
    if (state === 'consent' && messages.length && this.#lang !== CONTENT) this.#note(this.#t('consent_note'));
    this.#setProgress(progress, quiet);
    if (this.#settings.read) void this.#readAloud(heard);
  }

  /** @param {Outgoing} outgoing */
  outgoing(outgoing) {
    hush();
    this.#composer.error();
    this.#transcript.outgoing(outgoing);
    if (outgoing.choice) this.#live.say(`${this.#t('you_chose')} ${outgoing.title}`);
  }

  /** @param {Outgoing} outgoing */
  sent(outgoing) {
    this.#toldNotSent = false;
    this.#transcript.sent(outgoing);
  }

  /** @param {Outgoing} outgoing @param {ApiError} error */
  notSent(outgoing, error) {
    this.writing(false);
    const why = [error.message, this.#t('not_sent')].filter(Boolean).join(' ');
    this.#transcript.notSent(outgoing, why);
    if (this.#toldNotSent) return; // once, not at every try
    this.#toldNotSent = true;
    this.#live.say(why);
    if (error.support.length) this.#note(this.#t('help_intro'), ...this.#numbers(error));
  }

  /** @param {Outgoing} outgoing @param {ApiError} error */
  refused(outgoing, error) {
    this.writing(false);
    this.#transcript.takeBack(outgoing, error.type === 'choice-closed');
    if (outgoing.text) this.#giveBack(outgoing.text);
    this.#composer.error(this.#words(error));
  }

  /** @param {ApiError} error @param {boolean} withCode An activity's code was given, and may be what is wrong. */
  cannotOpen(error, withCode) {
    const t = this.#t;
    const words = error.message || t('cannot_connect');
    if (this.#trouble?.textContent?.includes(words)) return; // said already: leave it, and any focus in it, alone
    this.#trouble?.remove();
    const again = error.passing || !withCode
      ? button(t('try_again'), () => this.conversation.retry(), { class: 'small' })
      : button(t('start_without_code'), () => this.conversation.startAgain({ withoutCode: true }), { class: 'small' });
    this.#trouble = this.#note(words, ...this.#numbers(error), again);
  }

  /** The first few numbers, and the way to the rest. @param {ApiError} error */
  #numbers({ support }) {
    if (!support.length) return [];
    this.#help.fill({ title: this.#t('help_title'), lines: support });
    return [supportList(support.slice(0, 3)), button(this.#t('see_numbers'), () => this.#help.dialog.showModal(), { class: 'help' })];
  }

  /** @param {string} why A key of the catalogue. @param {string} unsent */
  startedAfresh(why, unsent) {
    this.#note([why, unsent && 'text_back'].filter(Boolean).map((key) => this.#t(key)).join(' '));
    if (unsent) this.#giveBack(unsent);
  }

  /** @param {boolean} on */
  writing(on) {
    clearTimeout(this.#writingSoon);
    if (!on) return this.#transcript.writing(false);
    this.#writingSoon = setTimeout(() => {
      this.#transcript.writing(true);
      this.#live.say(this.#t('writing'));
    }, QUICK);
  }

  /** @param {{ text: string } | { choice: string, title: string }} words */
  #say(words) {
    const taken = this.conversation.say(words);
    if (!taken) this.#composer.error(this.#t('not_open'));
    return taken;
  }

  /** @param {string} text @param {...Node} extras */
  #note(text, ...extras) {
    this.#live.say(text);
    return this.#transcript.note(text, ...extras);
  }

  /** @param {string} text */
  #giveBack(text) {
    this.#composer.text = [text, this.#composer.text].filter(Boolean).join('\n');
  }

  /** @param {Message} message */
  #spoken({ author, text, choices = [] }) {
    const t = this.#t;
    const said = [t('spoken', { who: t(`said_${author}`) }), h('span', { lang: CONTENT }, aloud(text))];
    return choices.length ? [...said, t('spoken_choices', { choices: choices.map(({ title }) => title).join(', ') })] : said;
  }

  /** @param {Message[]} messages */
  async #readAloud(messages) {
    const { speak, voicesCome } = await import('./speech.js');
    const words = messages.map(({ text, choices = [] }) => aloud([text, ...choices.map(({ title }) => title)].join('\n')));
    await voicesCome();
    if (words.every((each) => speak(each, CONTENT))) return;
    this.#menu.untick('read');
    this.#set({ read: false });
    this.#note(this.#t('read_no_voice'));
  }

  /** @param {import('./types.js').Progress | null} progress @param {boolean} [quiet] */
  #setProgress(progress, quiet) {
    const t = this.#t;
    this.#progress.hidden = !progress;
    if (!progress) return void (this.#progressText = '');
    const { stage, answered, total } = progress;
    const words = t('progress_and_stage', { stage: t(`stage_${stage}`), progress: t('progress', { answered, total }) });
    if (words === this.#progressText) return;
    this.#progress.replaceChildren(h('label', { for: 'progress' }, words), h('progress', { id: 'progress', max: total, value: answered }));
    if (!quiet && this.#progressText) this.#live.say(t('progress_spoken', { answered, total }));
    this.#progressText = words;
  }

  /** @param {Partial<Settings>} change */
  #set(change) {
    this.#settings = { ...this.#settings, ...change };
    this.#store.settings = this.#settings;
    const { simple, lang } = change;
    if (simple !== undefined || lang) this.#orSayWhy(() => this.conversation.change({ simple, lang }));
    if (change.read === false) hush();
    this.#apply();
  }

  #apply() {
    const { size, roomy, calm, dictate } = this.#settings;
    this.node.className = ['chat', `size-${size}`, roomy && 'roomy', calm && 'calm'].filter(Boolean).join(' ');
    this.#composer.dictation(dictate);
    this.#applied(this.#settings);
  }

  /** @param {string} what */
  async #download(what) {
    const file = await this.conversation.download(what);
    if (!file) return;
    const href = URL.createObjectURL(file.blob);
    h('a', { href, download: file.name ?? this.#t('download_name') }).click();
    setTimeout(() => URL.revokeObjectURL(href), 60000);
    this.#note(this.#t('downloaded'));
  }

  /**
   * Opens the summary in a page of its own, and prints it. Its style is put in by hand: this site's policy, which the new page
   * inherits, lets no page bring its own.
   *
   * @returns {Promise<string | void>} What went wrong, in words.
   */
  async #openSummary() {
    const page = /** @type {any} */ (open('', '_blank')); // at once: once we have waited, browsers take it for an advertisement
    if (!page) return this.#t('print_blocked');
    try {
      const file = await this.conversation.download('summary?as=html');
      const [before, rules = '', after = ''] = ((await file?.blob.text()) ?? '').split(/<\/?style>/);
      const { documentElement: summary } = new DOMParser().parseFromString(before + after, 'text/html');
      const style = new page.CSSStyleSheet();
      style.replaceSync(rules);
      page.document.documentElement.replaceWith(page.document.adoptNode(summary));
      page.document.adoptedStyleSheets = [style];
      this.#printed = page;
      page.print();
    } catch (error) {
      page.close();
      throw error;
    }
  }

  /** @param {string} done A key of the catalogue. */
  #ended(done) {
    this.#composer.text = '';
    this.#note(this.#t(done), button(this.#t('start_again'), () => this.conversation.startAgain()));
  }

  /** @param {() => Promise<string | void>} action @returns {Promise<string | void>} What went wrong, in words. */
  #orWhy(action) {
    return action().catch((/** @type {ApiError} */ error) => this.#words(error));
  }

  /** @param {() => Promise<void>} action */
  #orSayWhy(action) {
    action().catch((/** @type {ApiError} */ error) => this.#composer.error(this.#words(error)));
  }

  /** @param {ApiError} error */
  #words(error) {
    return error.message || this.#t(error.status ? 'something_wrong' : 'cannot_connect');
  }

  /** Prints one summary and nothing else. @param {HTMLElement} article */
  #print(article) {
    article.classList.add('printing');
    this.node.classList.add('print-one');
    addEventListener('afterprint', () => {
      article.classList.remove('printing');
      this.node.classList.remove('print-one');
    }, { once: true });
    print();
  }

  #offline() {
    this.#composer.status(this.#t('offline'));
    this.#live.say(this.#t('offline'));
  }

  #online() {
    this.#composer.status();
    this.#live.say(this.#t('online'));
    this.conversation.retry();
  }

  #returned() {
    if (!document.hidden && this.conversation.chat?.kept) void this.conversation.catchUp();
  }

  #quickExit() {
    this.node.replaceChildren();
    this.#printed?.close();
    hush();
    this.conversation.leave();
    this.#leave();
  }
}

import { CONTENT, button, h, link, paragraphs } from './dom.js';
/** @import { Message, Outgoing, Translate } from './types.js' */

/** How near the end still counts as reading the newest message. */
const NEAR = 120;

/**
 * The messages, in order. Deliberately not a live region: see live.js.
 * Each is an article that can take focus, so that Up and Down read them one by one.
 */
export class Transcript {
  #t;
  #on;
  #count = 0;
  /** Messages of the newest reply with choices that can still be pressed: an answer may offer more, beside the question that follows. */
  #open = new Set();
  /** The person has spoken since: what the next reply offers takes the place of what is open. */
  #spoken = true;
  /** What this page showed by itself, and the server has not yet given back. @type {{ id: string, article: HTMLElement, sent?: boolean }[]} */
  #own = [];
  #turns = h('div', { class: 'turns' });
  #end = h('div', { class: 'end' });
  #writing;
  /** @type {HTMLElement | undefined} */
  #unread;
  #watcher;
  /** Whether the newest message was in sight when the reader last moved. */
  #following = true;

  /**
   * @param {Translate} t
   * @param {{ choose: (choice: { choice: string, title: string }) => void, help: () => void, retry: () => void,
   *   print: (article: HTMLElement) => void, escape: () => void, unread: (yes: boolean) => void }} on
   */
  constructor(t, on) {
    this.#t = t;
    this.#on = on;
    this.#writing = h('p', { class: 'writing', hidden: true, 'aria-hidden': 'true' }, t('writing'));
    this.node = h('section', { class: 'scroll', 'aria-label': t('conversation'), onkeydown: this.#keys, onfocusin: this.#focused, onscroll: this.#moved },
      this.#turns, this.#writing, this.#end);
    this.#watcher = new IntersectionObserver(([{ isIntersecting }]) => isIntersecting && this.#setUnread());
    this.#watcher.observe(this.#end);
  }

  close() {
    this.#watcher.disconnect();
  }

  clear() {
    if (this.#turns.matches(':focus-within')) this.#on.escape(); // focus would drop to the top of the page
    this.#turns.replaceChildren();
    this.#own = [];
    this.#open.clear();
    this.#setUnread();
    this.writing(false);
  }

  /**
   * @param {Message[]} messages
   * @param {boolean} quiet They are history: marked as answered, and the end is shown.
   * @param {string} [agreed] The choice to mark although no message says that it was pressed.
   */
  show(messages, quiet, agreed) {
    const wasAtEnd = this.#atEnd();
    /** @type {HTMLElement[]} */
    const added = [];
    for (const message of messages) {
      this.#spoken ||= message.author === 'person';
      if (message.author === 'person' && ((!quiet && this.#own.shift()) || this.#pressedBefore(message))) continue;
      added.push(this.#add(message, agreed));
    }
    if (!added.length) return;
    if (quiet) this.toEnd();
    else if (wasAtEnd) this.#reveal(added[0]);
    else this.#setUnread(this.#unread ?? added[0]);
  }

  /** Words from this page itself, such as "We started a new chat". @param {string} text @param {...Node} extras */
  note(text, ...extras) {
    const article = this.#article('bot', 'notice', ...paragraphs(text), ...extras);
    this.#append(article);
    this.#reveal(article);
    return article;
  }

  /** Shows what the person said: as words, or as a mark on the choice they pressed. @param {Outgoing} outgoing */
  outgoing(outgoing) {
    this.#spoken = true;
    const pressed = outgoing.choice && this.#turns.querySelector(`[data-choice="${CSS.escape(outgoing.choice)}"]`);
    let article = pressed && /** @type {HTMLElement} */ (pressed.closest('article'));
    if (pressed && article) {
      this.#mark(pressed);
      this.#startTurn(article);
    } else {
      article = this.#article('person', 'text', ...paragraphs(outgoing.text ?? outgoing.title ?? ''));
      this.#startTurn();
      this.#append(article);
    }
    this.#own.push({ id: outgoing.id, article });
    this.toEnd();
  }

  /** @param {Outgoing} outgoing */
  sent(outgoing) {
    const own = this.#find(outgoing);
    if (!own) return;
    own.sent = true;
    own.article.querySelector('.unsent')?.remove();
    this.#close(own.article);
  }

  /** What was sent has been answered: if it comes again, another device said it. */
  settle() {
    this.#own = this.#own.filter(({ sent }) => !sent);
  }

  /** @param {Outgoing} outgoing @param {string} why */
  notSent(outgoing, why) {
    const article = this.#find(outgoing)?.article;
    if (!article || article.querySelector('.unsent')) return;
    article.append(h('p', { class: 'unsent' }, why, ' ', button(this.#t('try_now'), this.#on.retry, { class: 'small' })));
    this.toEnd();
  }

  /** @param {Outgoing} outgoing @param {boolean} [final] The question has been left: its choices are no longer open. */
  takeBack(outgoing, final) {
    const own = this.#find(outgoing);
    if (!own) return;
    this.#own = this.#own.filter((each) => each !== own);
    own.article.querySelector('.unsent')?.remove();
    const group = own.article.querySelector('.choices');
    if (!outgoing.choice || !group) return own.article.remove();
    for (const each of group.querySelectorAll('button')) {
      each.removeAttribute('aria-disabled');
      each.removeAttribute('aria-pressed');
      each.querySelector('.mark-chosen')?.remove();
    }
    if (final) this.#close(own.article);
  }

  /** @param {boolean} on */
  writing(on) {
    const follow = on && this.#atEnd();
    this.#writing.hidden = !on;
    if (follow) this.toEnd();
  }

  toEnd() {
    this.#scroll(this.#end, 'end');
    this.#moved();
  }

  /** The space has changed: a phone's keyboard, a longer message in the box, a turned screen. */
  resized() {
    if (this.#following) this.toEnd();
  }

  #atEnd(near = NEAR) {
    const bottom = Math.min(this.node.getBoundingClientRect().bottom, innerHeight);
    return this.#end.getBoundingClientRect().top < bottom + near;
  }

  /** Goes to the first unread message. Focus goes too, because the person asked for it. */
  toUnread() {
    const article = this.#unread ?? this.#turns.lastElementChild;
    this.#setUnread();
    if (article instanceof HTMLElement) article.focus();
  }

  /** @param {Message} message @param {string} [agreed] */
  #add(message, agreed) {
    const { author, kind, text, choices = [], sources = [] } = message;
    const t = this.#t;
    const article = this.#article(author, kind, ...paragraphs(text));
    if (author !== 'person') article.querySelector('.words')?.setAttribute('lang', CONTENT);
    if (sources.length) article.append(this.#sources(sources));
    if (kind === 'support') article.append(button(t('see_numbers'), this.#on.help, { class: 'help' }));
    if (kind === 'summary') article.append(button(t('print_summary'), () => this.#on.print(article), { class: 'small' }));
    if (choices.length) {
      if (this.#spoken) for (const before of this.#open) this.#close(before);
      this.#spoken = false;
      this.#open.add(article);
      article.append(h('div', { class: 'choices', role: 'group', 'aria-label': t(kind === 'answer' ? 'more_label' : 'choices_label') },
        ...choices.map(({ id, title }) => button(title, this.#pick, { 'data-choice': id, lang: CONTENT }))));
      const pressed = agreed && article.querySelector(`[data-choice="${CSS.escape(agreed)}"]`);
      if (pressed) this.#mark(pressed);
    }
    if (author === 'person') this.#startTurn();
    this.#append(article);
    return article;
  }

  /** @param {string} author @param {string} kind @param {...Node} content */
  #article(author, kind, ...content) {
    const id = `message-${this.#count += 1}`;
    const said = this.#t(`said_${author}`);
    return h('article', { class: `${author} ${kind} now`, tabindex: '-1', 'aria-label': said, 'aria-describedby': id },
      h('p', { class: 'who', 'aria-hidden': 'true' }, this.#t(`who_${author}`)),
      h('div', { class: 'words', id, dir: 'auto' }, ...content));
  }

  /** @param {HTMLElement} article */
  #append(article) {
    this.#turns.append(article);
    this.#makeCurrent(article);
  }

  /** @param {import('./types.js').Source[]} sources */
  #sources(sources) {
    return h('details', { class: 'sources' }, h('summary', {}, this.#t('sources')),
      h('ul', {}, ...sources.map(({ title, section, url }) =>
        h('li', {}, link(title, url, this.#t('new_tab')), section && h('span', { class: 'section', lang: CONTENT }, section)))));
  }

  /** @param {Event} event */
  #pick = ({ currentTarget }) => {
    const pressed = /** @type {HTMLButtonElement} */ (currentTarget);
    if (pressed.getAttribute('aria-disabled')) return; // a second click, or a question already answered
    this.#on.choose({ choice: pressed.dataset.choice ?? '', title: pressed.textContent ?? '' });
  };

  /**
   * The pressed choice stays a button, so that focus stays on it: `disabled` would drop focus to the top of the page.
   *
   * @param {Element} pressed
   */
  #mark(pressed) {
    for (const each of pressed.parentElement?.children ?? []) each.setAttribute('aria-disabled', 'true');
    pressed.setAttribute('aria-pressed', 'true');
    pressed.prepend(h('span', { class: 'mark-chosen', lang: this.#t('language') }, `${this.#t('you_chose')} `));
  }

  /** Folds a question away to what was chosen. @param {HTMLElement} [article] */
  #close(article) {
    const group = article?.querySelector('.choices');
    if (!group) return;
    group.classList.add('closed');
    for (const each of group.children) {
      each.setAttribute('aria-disabled', 'true');
      each.setAttribute('tabindex', '-1');
    }
    if (!group.querySelector('[aria-pressed]') && !group.matches(':focus-within')) group.remove();
    this.#open.delete(article);
  }

  /** Words that are a choice's are shown as the mark on that choice. @param {Message} message */
  #pressedBefore({ chosen, text }) {
    const buttons = [...this.#turns.querySelectorAll('button[data-choice]')];
    const pressed = buttons.findLast((each) => (chosen ? each.getAttribute('data-choice') === chosen : each.textContent === text));
    if (!pressed || pressed.getAttribute('aria-disabled')) return false;
    const article = /** @type {HTMLElement} */ (pressed.closest('article'));
    this.#startTurn(article);
    this.#mark(pressed);
    this.#close(article);
    return true;
  }

  /** Calm view shows only what belongs to the last thing the person said. @param {Element} [from] */
  #startTurn(from) {
    for (const each of this.#turns.querySelectorAll('.now')) each.classList.toggle('now', each === from);
  }

  /** @param {Outgoing} outgoing */
  #find({ id }) {
    return this.#own.find((own) => own.id === id);
  }

  /** @param {HTMLElement} [article] */
  #setUnread(article) {
    this.#unread = article;
    this.#on.unread(Boolean(article));
  }

  /** Shows a new message from its first line, even when it is longer than the space. @param {HTMLElement} first */
  #reveal(first) {
    const room = Math.min(this.node.clientHeight, innerHeight);
    const need = this.#end.getBoundingClientRect().bottom - first.getBoundingClientRect().top;
    this.#scroll(need > room ? first : this.#end, need > room ? 'start' : 'end');
    this.#moved();
  }

  #moved = () => {
    this.#following = this.#atEnd(8);
  };

  /**
   * Moves only the messages, never the page around an embedded chat; where space is short the whole chat is what scrolls.
   *
   * @param {HTMLElement} target @param {'start' | 'end'} block
   */
  #scroll(target, block) {
    if (getComputedStyle(this.node).overflowY === 'visible') return target.scrollIntoView({ block });
    const box = this.node.getBoundingClientRect();
    const place = target.getBoundingClientRect();
    this.node.scrollTop += block === 'start' ? place.top - box.top - 8 : place.bottom - box.bottom;
  }

  /** @param {KeyboardEvent} event */
  #keys = (event) => {
    if (event.key === 'Escape') return this.#on.escape();
    const shown = [...this.#turns.children].filter((each) => /** @type {HTMLElement} */ (each).offsetHeight);
    const here = shown.findIndex((each) => each.contains(/** @type {Node} */ (event.target)));
    const to = { ArrowUp: Math.max(here - 1, 0), ArrowDown: here + 1, Home: 0, End: shown.length - 1 }[event.key];
    const article = to === undefined || event.altKey || event.ctrlKey || event.metaKey ? undefined : shown[to];
    if (!(article instanceof HTMLElement)) return;
    event.preventDefault();
    article.focus();
  };

  /** @param {FocusEvent} event */
  #focused = ({ target }) => {
    const article = target instanceof Element && target.closest('article');
    if (article) this.#makeCurrent(article);
  };

  /** Tab comes to one message only: the one last read, or the newest. @param {Element} article */
  #makeCurrent(article) {
    for (const each of this.#turns.querySelectorAll('article[tabindex="0"]')) each.setAttribute('tabindex', '-1');
    article.setAttribute('tabindex', '0');
  }
}

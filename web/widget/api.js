/** @import { Chat, Client } from './types.js' */

const PATIENCE = 30000;

/** The server said no, or could not be reached (status 0). */
export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {{ type?: string, detail?: string, support?: import('./types.js').SupportLine[] }} [problem]
   * @param {number} [retryAfter] Seconds.
   */
  constructor(status, problem = {}, retryAfter) {
    super(problem.detail ?? '');
    this.status = status;
    this.type = (problem.type ?? '').split(/[/:#]/).pop();
    this.support = problem.support ?? [];
    this.retryAfter = retryAfter;
  }

  /** Trying the same thing again can help. */
  get passing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }

  /** The conversation is not there, or is no longer ours. */
  get gone() {
    return [401, 404, 410].includes(this.status);
  }
}

/** @implements {Client} */
export class ChatApi {
  #base;

  /** @param {URL} base Where the server is; the API is under `chat/`. */
  constructor(base) {
    this.#base = new URL('chat/', base);
  }

  /** @param {string} lang */
  strings = (lang) => this.#json('GET', `strings?lang=${encodeURIComponent(lang)}`);
  /** @param {string} lang */
  support = (lang) => this.#json('GET', `support?lang=${encodeURIComponent(lang)}`);
  /** @param {object} body @param {Chat} [known] */
  start = (body, known) => this.#json('POST', 'conversations', known, body);
  /** @param {Chat} chat @param {object} body */
  send = (chat, body) => this.#json('POST', this.#path(chat, '/messages'), chat, body);
  /** @param {Chat} chat @param {string} [after] */
  messages = (chat, after) =>
    this.#json('GET', this.#path(chat, '/messages?limit=50') + (after ? `&after=${encodeURIComponent(after)}` : ''), chat);
  /** @param {Chat} chat @param {object} body */
  change = (chat, body) => this.#json('PATCH', this.#path(chat), chat, body);
  /** @param {Chat} chat */
  erase = (chat) => this.#json('DELETE', this.#path(chat), chat);
  /** @param {Chat} chat @param {string} what */
  download = async (chat, what) => {
    const response = await this.#call('GET', this.#path(chat, `/${what}`), chat);
    const name = /filename="?([\w.-]+)/.exec(response.headers.get('Content-Disposition') ?? '')?.[1];
    return { blob: await response.blob(), name };
  };

  /** @param {Chat} chat @param {string} [rest] */
  #path(chat, rest = '') {
    return `conversations/${encodeURIComponent(chat.id)}${rest}`;
  }

  /** @param {string} method @param {string} path @param {Chat} [chat] @param {object} [body] */
  async #json(method, path, chat, body) {
    const response = await this.#call(method, path, chat, body);
    try {
      const text = await response.text();
      return text ? JSON.parse(text) : null;
    } catch {
      throw new ApiError(0); // cut off on the way: the same as not arriving
    }
  }

  /** @param {string} method @param {string} path @param {Chat} [chat] @param {object} [body] */
  async #call(method, path, chat, body) {
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), PATIENCE);
    let response;
    try {
      response = await fetch(new URL(path, this.#base), {
        method,
        signal: limit.signal,
        headers: {
          ...(chat && { Authorization: `Bearer ${chat.token}` }),
          ...(body && { 'Content-Type': 'application/json' }),
        },
        body: body && JSON.stringify(body),
      });
    } catch {
      throw new ApiError(0);
    } finally {
      clearTimeout(timer);
    }
    if (response.ok) return response;
    const problem = await response.json().catch(() => ({}));
    throw new ApiError(response.status, problem, Number(response.headers.get('Retry-After')) || undefined);
  }
}

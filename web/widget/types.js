/**
 * The shapes that pass between the server, the conversation and the page. Only types: nothing loads this file.
 *
 * @typedef {{ id: string, title: string }} Choice
 * @typedef {{ title: string, section?: string, url?: string | null }} Source
 * @typedef {'person' | 'bot' | 'coordinator'} Author
 * @typedef {'text' | 'question' | 'answer' | 'support' | 'summary' | 'notice'} Kind
 * @typedef {{ id: string, author: Author, kind: Kind, text: string, created_at?: string, choices?: Choice[], sources?: Source[],
 *   chosen?: string | null }} Message `chosen`: the choice a person pressed to say this.
 * @typedef {{ stage: 'before' | 'during' | 'after', answered: number, total: number }} Progress
 * @typedef {'consent' | 'setup' | 'item' | 'comment' | 'reflection' | 'support' | 'paused' | 'finished' | 'waiting'} State
 * @typedef {{ messages?: Message[], progress?: Progress | null, state?: State, kept?: boolean | null, taken_back?: boolean,
 *   resume_code?: string | null, next?: string | null }} Reply `taken_back`: something said before has been deleted.
 * @typedef {Reply & { conversation_id: string, token: string }} Started
 * @typedef {{ name: string, contact: string, href?: string | null, when?: string }} SupportLine
 * @typedef {{ title: string, lines: SupportLine[] }} Support
 *
 * @typedef {{ id: string, text?: string, choice?: string, title?: string, restored?: boolean }} Outgoing
 *   Something the person said that the server has not yet answered. `id` is the client_message_id, the same on every try.
 * @typedef {{ id: string, token: string, code: string, kept: boolean, resume?: string | null, title?: string, agreed?: string, outbox: Outgoing[] }} Chat
 *   What this device remembers of a conversation: enough to carry on, and nothing that was said but the unsent.
 *   `title`: of its activity. `agreed`: the choice that said yes to keeping, which no server keeps because it came before the yes.
 *
 * @typedef {{ lang: string, size: number, theme: 'auto' | 'light' | 'dark', roomy: boolean, calm: boolean, simple: boolean, read: boolean, dictate: boolean }} Settings
 * @typedef {{ activityCode: string, title?: string, role?: string, lang: string, simple: boolean }} Options
 * @typedef {(key: string, values?: Record<string, string | number>) => string} Translate
 *
 * @typedef {object} Client The chat API, or something that behaves like it.
 * @property {(lang: string) => Promise<Record<string, string>>} strings
 * @property {(lang: string) => Promise<Support>} support
 * @property {(body: object, known?: Chat) => Promise<Started>} start `known`: another chat of this person's, for the server to link them.
 * @property {(chat: Chat, body: object) => Promise<Reply>} send
 * @property {(chat: Chat, after?: string) => Promise<Reply>} messages
 * @property {(chat: Chat, body: object) => Promise<Reply | null>} change
 * @property {(chat: Chat, what: string) => Promise<{ blob: Blob, name: string | undefined }>} download `what`: `export`, or `summary?as=html` and the like.
 * @property {(chat: Chat) => Promise<unknown>} erase
 */
export {};

// The forms in which websocket clients hand over a message: text, bytes in one piece or in several,
// an event that carries either, or an object that is parsed already.
import { types } from 'node:util'

/** How deep an event may lie in events. */
const MOST_DEPTH = 3

/**
 * The object or array that a message holds; undefined where it cannot be read: text that is no
 * JSON, a Blob (its bytes come with a promise alone: set the socket's binaryType to 'arraybuffer').
 */
export function parsedMessage(message: unknown, depth = 0): object | undefined {
  if (depth > MOST_DEPTH) return undefined
  const text = textOf(message)
  if (text !== undefined) return parsedText(text)
  if (typeof message !== 'object' || message === null || isBlob(message)) return undefined
  if (!isMessageEvent(message)) return message
  return parsedMessage(message.data, depth + 1)
}

function parsedText(text: string): object | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null ? parsed : undefined
  } catch {
    return undefined
  }
}

// Text, or bytes as text; undefined for what is neither.
function textOf(message: unknown): string | undefined {
  if (typeof message === 'string') return message
  try {
    return bytesOf(message)?.toString()
  } catch {
    // A buffer that was given away to another thread, or more bytes than a string can have.
    return undefined
  }
}

function bytesOf(message: unknown): Buffer | undefined {
  if (types.isAnyArrayBuffer(message)) return Buffer.from(message)
  if (ArrayBuffer.isView(message)) {
    return Buffer.from(message.buffer, message.byteOffset, message.byteLength)
  }
  // The `ws` package with binaryType 'fragments'.
  if (!Array.isArray(message) || message.length === 0) return undefined
  const parts = message.map((part) => (Array.isArray(part) ? undefined : bytesOf(part)))
  return parts.every((part) => part !== undefined) ? Buffer.concat(parts as Buffer[]) : undefined
}

// Of a browser, of Node, or of the `ws` package: each says that it is a message.
function isMessageEvent(message: object): message is { readonly data: unknown } {
  return (message as { type?: unknown }).type === 'message' && 'data' in message
}

function isBlob(message: object): boolean {
  return typeof Blob === 'function' && message instanceof Blob
}

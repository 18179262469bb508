// Whole numbers as bytes, seven bits each, lowest first: small numbers take one byte.
import { EngineError } from '../errors.js'

const FIRST_BYTES = 256
/** Bytes a whole number below 2^53 can take. */
const VARINT_BYTES = 8

/** Writes numbers one after the other into bytes that grow. */
export class VarintWriter {
  #bytes = new Uint8Array(FIRST_BYTES)
  #at = 0

  /** A whole number from 0 to 2^53 − 1. */
  write(value: number): void {
    if (this.#at + VARINT_BYTES > this.#bytes.length) this.#grow(VARINT_BYTES)
    const bytes = this.#bytes
    let rest = value
    // Shifts work on 32 bits only; what is above comes off by division first.
    while (rest >= 0x8000_0000) {
      bytes[this.#at++] = (rest % 128) | 128
      rest = Math.floor(rest / 128)
    }
    while (rest >= 128) {
      bytes[this.#at++] = (rest & 127) | 128
      rest >>>= 7
    }
    bytes[this.#at++] = rest
  }

  /** A whole number from −2^52 to 2^52 − 1; near zero it stays small. */
  writeSigned(value: number): void {
    this.write(value < 0 ? -2 * value - 1 : 2 * value)
  }

  writeFloat(value: number): void {
    if (this.#at + 8 > this.#bytes.length) this.#grow(8)
    new DataView(this.#bytes.buffer).setFloat64(this.#at, value, true)
    this.#at += 8
  }

  /** Bytes with their length in front. */
  writeBytes(bytes: Uint8Array): void {
    this.write(bytes.length)
    if (this.#at + bytes.length > this.#bytes.length) this.#grow(bytes.length)
    this.#bytes.set(bytes, this.#at)
    this.#at += bytes.length
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#at)
  }

  #grow(bytes: number): void {
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#at + bytes))
    grown.set(this.#bytes)
    this.#bytes = grown
  }
}

/** Reads what a VarintWriter wrote; throws STORE_FAILED where the bytes end too soon. */
export class VarintReader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  read(): number {
    let value = 0
    let weight = 1
    for (let i = 0; i < VARINT_BYTES; i++) {
      if (this.#at >= this.#bytes.length) this.#torn()
      const byte = this.#bytes[this.#at++]
      value += (byte & 127) * weight
      if (byte < 128) return value
      weight *= 128
    }
    return this.#torn()
  }

  readSigned(): number {
    const value = this.read()
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2
  }

  readFloat(): number {
    const bytes = this.#take(8)
    return new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0, true)
  }

  /** Bytes that had their length in front; a view. */
  readBytes(): Uint8Array {
    return this.#take(this.read())
  }

  /** Throws STORE_FAILED unless the next number is the version this code writes. */
  expectVersion(version: number, what: string): void {
    const found = this.read()
    if (found === version) return
    throw new EngineError(
      'STORE_FAILED',
      `stored ${what} are of another version: found=${found} known=${version}`,
    )
  }

  #take(length: number): Uint8Array {
    if (this.#at + length > this.#bytes.length) this.#torn()
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  #torn(): never {
    throw new EngineError(
      'STORE_FAILED',
      `stored ids are damaged: at=${this.#at} bytes=${this.#bytes.length}`,
    )
  }
}

import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import type { FromShard, ToShard } from './message.js'

/** Main's end of the channel to one run of a shard. */
export class ShardPort {
  /** The shard's end, to be transferred. */
  readonly far: MessagePort
  readonly #near: MessagePort
  readonly #receive: (message: FromShard) => void

  constructor(receive: (message: FromShard) => void) {
    const { port1, port2 } = new MessageChannel()
    this.far = port2
    this.#near = port1
    this.#receive = receive
    port1.on('message', receive)
  }

  post(message: ToShard): void {
    this.#near.postMessage(message)
  }

  /** Closes; what the shard posted last may still lie in the port when its task has ended. */
  hangUp(): void {
    for (;;) {
      const received = receiveMessageOnPort(this.#near)
      if (received === undefined) break
      this.#receive(received.message as FromShard)
    }
    this.#near.close()
  }
}

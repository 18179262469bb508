import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'

// A venue on this machine: sends recorded trades over a websocket, drops the connection now and then
// and goes on without what passed meanwhile, which it gives over HTTP.

export interface RecordedTrade {
  e: 'trade'
  s: string
  t: number
  p: string
  q: string
  T: number
  m: boolean
}

const SENT_A_TURN = 100

export async function replayServer(trades: readonly RecordedTrade[], dropEvery: number) {
  let next = 0
  let connections = 0
  const server = createServer((request, response) => {
    const query = new URL(request.url ?? '', 'http://venue').searchParams
    const from = Number(query.get('fromId'))
    const limit = Number(query.get('limit'))
    const rows = trades
      .filter(({ s, t }) => s === query.get('symbol') && t >= from)
      .slice(0, limit)
      .map(({ t, p, q, T, m }) => ({ id: t, price: p, qty: q, time: T, isBuyerMaker: m }))
    response.end(JSON.stringify(rows))
  })
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (socket) => {
    connections++
    const dropAt = next + dropEvery
    const send = () => {
      if (socket.readyState !== socket.OPEN) return
      for (let i = 0; i < SENT_A_TURN && next < Math.min(dropAt, trades.length); i++) {
        const data = trades[next++]
        socket.send(JSON.stringify({ stream: `${data.s.toLowerCase()}@trade`, data }))
      }
      if (next < dropAt && next < trades.length) setImmediate(send)
      else if (next < trades.length) {
        // What passes while nobody listens.
        next = Math.min(trades.length - 1, next + 37)
        socket.terminate()
      }
    }
    send()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    venue: { stream: `ws://127.0.0.1:${port}/stream`, rest: `http://127.0.0.1:${port}` },
    connections: () => connections,
    close: () => {
      for (const socket of sockets.clients) socket.terminate()
      sockets.close()
      server.close()
      server.closeAllConnections()
    },
  }
}

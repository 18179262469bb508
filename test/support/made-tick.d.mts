export interface MadeTick {
  timestamp: number
  price: number
  volume: number
  side: 0 | 1 | 2
  tradeId: number
}
export function mix(a: number, b: number): number
export function madeTick(pair: string, id: number): MadeTick

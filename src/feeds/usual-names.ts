// Names by which people and programs call a trade's columns; compared without case, blanks and
// punctuation. The first name found wins.
import type { MappedColumn } from './formats/format.js'

export const USUAL_NAMES: Readonly<Record<MappedColumn, readonly string[]>> = {
  timestamp: words(`timestamp time ts mts date datetime transacttime tradetime createdtime createdat
    tradetimestamp tradets exchangetimestamp exchangetime timeexchange eventtime tsevent executedat
    timestampms timestampus timestampns timems timeus timens createtimems createtime execdate
    exectime executiontime dealtime filltime unixtime epoch`),
  price: words('price px tradeprice rate tradepx dealprice fillprice execprice lastprice p'),
  volume: words(`quantity qty amount volume size sz tradevolume tradesize tradeqty tradeamount
    sizebase volumebase basevolume baseamount baseqty volumebasecurrency dealamount lastqty lastsize
    executedqty filledqty vol q`),
  side: words(`side takerside aggressor aggressorside aggressiveside takerdirection sidebuysell
    tradeside askbid buysell bs makerside sidemaker makerorderside passiveside isbuyermaker m
    buyermaker buyerismaker isbuyerthemaker issellermaker sellermaker isbuyeraggressor
    isselleraggressor takerisbuyer takerisseller takerbuy takersell takersidesell takersidebuy
    issell isbuy direction dir tradedirection initiator tradetype orderside sell buy type`),
  id: words(`id tradeid tid aggtradeid aggid trdmatchid matchid execid executionid dealid fillid
    sequentialid transactionid txid tradeno tradenumber uuid guid tradeseq`),
  symbol:
    words(`symbol pair market instrument instrumentname instid ticker productid product contract
    currencypair tradingpair coin sym`),
  exchange: words('exchange venue exch exchangename'),
  received:
    words(`receivedat localtimestamp recvts tsrecv localts receivetime receivedtime localtime
    arrivaltime recvtime`),
}

/** Names of side columns that tell the maker's. */
export const MAKER_NAMES: ReadonlySet<string> = new Set(
  words('makerside sidemaker makerorderside passiveside'),
)
/** Names that stand for the side only where their values are sides. */
export const WEAK_SIDE_NAMES: ReadonlySet<string> = new Set(
  words('direction dir tradedirection initiator tradetype orderside sell buy type'),
)
/** Columns that say of what kind a row is. */
export const KIND_NAMES: ReadonlySet<string> = new Set(
  words(
    'type msgtype messagetype eventtype recordtype rowtype datatype event e action kind channel',
  ),
)
/** Values of those that say that a row is no trade. */
export const OTHER_KINDS: ReadonlySet<string> = new Set(
  words(`quote quotes book books orderbook depth depthupdate l2 l2update level2 bbo bookticker
    ticker candle candles kline klines ohlc funding fundingrate markprice indexprice
    openinterest liquidation liquidations forceorder heartbeat subscribed bust`),
)

const SIDE_LIKE = /side|direct|taker|maker|aggress|buy|sell|askbid/
const ID_LIKE = /^(?:.*trade|.*match|.*deal|.*exec|.*fill|.*trans|.*tx|)(?:id|no|number|hash|uuid)$/
const SIZE_LIKE: ReadonlySet<string> = new Set(USUAL_NAMES.volume)
const NOT_SIDES = /id$|fee|order(?:id|no)|volume|amount|qty|quantity|size|price|tick/

/** What a column that is left unread is called like; undefined for a name that says nothing. */
export function looksLike(name: string): 'side' | 'id' | 'volume' | undefined {
  if (SIDE_LIKE.test(name) && !NOT_SIDES.test(name)) return 'side'
  if (ID_LIKE.test(name)) return 'id'
  return SIZE_LIKE.has(name) ? 'volume' : undefined
}

function words(text: string): string[] {
  return text.split(/\s+/)
}

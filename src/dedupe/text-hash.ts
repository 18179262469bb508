// 64 bits that stand for an id that is text. Two different ids are taken for one where these agree
// and their times too: among a million ids of one second, once in 37 million such seconds.
//
// Two lanes, each multiplied and mixed at the end as in MurmurHash3, fed one UTF-16 unit at a time.

/** Hashes text after text; the halves of the last one stand in `hi` and `lo`. */
export class TextHash {
  hi = 0
  lo = 0

  of(text: string): this {
    let a = 0x9e37_79b1
    let b = 0x85eb_ca6b ^ text.length
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i)
      a = Math.imul(a ^ unit, 0x9e37_79b1)
      a ^= a >>> 15
      b = Math.imul(b ^ unit, 0xc2b2_ae3d)
      b ^= b >>> 13
    }
    this.hi = finished(a ^ (b >>> 7))
    this.lo = finished(b ^ (a << 3))
    return this
  }
}

function finished(word: number): number {
  let h = Math.imul(word ^ (word >>> 16), 0x85eb_ca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35)
  return (h ^ (h >>> 16)) >>> 0
}

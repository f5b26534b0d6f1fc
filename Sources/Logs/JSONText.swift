// Bytes as the inside of a JSON string (RFC 8259).
//
// Nearly all that programs write is plain ASCII: eight bytes at a time are looked at, and copied
// when none of them is anything special. What is no UTF-8 (RFC 3629) is escaped byte by byte as
// U+0080 … U+00FF: the line stays valid, nothing of it is lost, and what was Latin-1 reads as it was
// meant.

import Basics

/// The most that one byte becomes: `\u00XX`.
let longestEscape = 6

extension OutputBuffer {
  func append(json text: UnsafeBufferPointer<UInt8>) {
    guard let source = text.baseAddress else { return }
    let end = text.count
    let target = reserve(end * longestEscape)
    var written = 0
    var index = 0
    while index < end {
      while end - index >= 8 {
        let word = UnsafeRawPointer(source + index).loadUnaligned(as: UInt64.self)
        guard isPlain(word) else { break }
        UnsafeMutableRawPointer(target + written).storeBytes(of: word, as: UInt64.self)
        written += 8
        index += 8
      }
      // Up to the special byte and through it; then by words again.
      while index < end {
        let byte = source[index]
        if byte >= 0x20, byte < 0x80, byte != 0x22, byte != 0x5C {
          target[written] = byte
          written += 1
          index += 1
          continue
        }
        if byte >= 0x80 {
          let (found, isWhole) = characterLength(source + index, end - index)
          let length = isWhole ? found : 0
          if length == 2, byte == 0xC2, source[index + 1] < 0xA0 {
            // A control character, which a terminal would obey.
            written += escape(source[index + 1], target + written)
            index += 2
          } else if length > 0 {
            for _ in 0..<length {
              target[written] = source[index]
              written += 1
              index += 1
            }
          } else {
            written += escape(byte, target + written)
            index += 1
          }
        } else {
          written += escape(byte, target + written)
          index += 1
        }
        break
      }
    }
    extend(by: written)
  }
}

/// None of eight bytes is a control byte, a quote, a backslash, or beyond ASCII.
@inline(__always)
private func isPlain(_ word: UInt64) -> Bool {
  let ones: UInt64 = 0x0101_0101_0101_0101
  let highs: UInt64 = 0x8080_8080_8080_8080
  let quote = word ^ (ones &* 0x22)
  let backslash = word ^ (ones &* 0x5C)
  // A byte's high bit comes out where the byte is below 0x20, or zero after the exclusive or. A
  // borrow may set one above such a byte as well: only a word that is not plain can have one.
  let special = (word &- ones &* 0x20) | (quote &- ones) | (backslash &- ones) | word
  return special & highs == 0
}

/// Writes the escape of a byte; how long it is.
private func escape(_ byte: UInt8, _ target: UnsafeMutablePointer<UInt8>) -> Int {
  target[0] = 0x5C
  switch byte {
  case 0x22, 0x5C: target[1] = byte
  case 0x0A: target[1] = UInt8(ascii: "n")
  case 0x0D: target[1] = UInt8(ascii: "r")
  case 0x09: target[1] = UInt8(ascii: "t")
  default:
    target[1] = UInt8(ascii: "u")
    target[2] = 0x30
    target[3] = 0x30
    target[4] = ByteString.hexadecimalDigit(byte >> 4)
    target[5] = ByteString.hexadecimalDigit(byte & 15)
    return 6
  }
  return 2
}

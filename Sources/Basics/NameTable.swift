/// Finds a name among many by its fingerprint: a hash table of indices into the owner's array, which
/// holds the names. A file of nothing but mistakes may have a hundred thousand of them.
public struct NameTable {
  /// Indices by place; -1: free. The number of places is a power of two, at least twice that of names.
  private var places: [Int32] = []
  /// As the owner's array.
  private var fingerprints: [UInt64] = []

  public init() {}

  /// The index of the name.
  ///
  /// - Parameter isThere: whether the name at an index of the owner's array is this one.
  public func find(_ name: ByteString, _ isThere: (Int) -> Bool) -> Int? {
    if places.isEmpty { return nil }
    let wanted = Self.fingerprint(name)
    var place = Int(truncatingIfNeeded: wanted) & (places.count - 1)
    while places[place] >= 0 {
      let index = Int(places[place])
      if fingerprints[index] == wanted, isThere(index) { return index }
      place = (place + 1) & (places.count - 1)
    }
    return nil
  }

  /// Adds the name of the next index.
  public mutating func append(_ name: ByteString) {
    fingerprints.append(Self.fingerprint(name))
    if fingerprints.count * 2 > places.count {
      places = Array(repeating: -1, count: max(16, places.count * 2))
      for index in fingerprints.indices { put(index) }
    } else {
      put(fingerprints.count - 1)
    }
  }

  private mutating func put(_ index: Int) {
    var place = Int(truncatingIfNeeded: fingerprints[index]) & (places.count - 1)
    while places[place] >= 0 { place = (place + 1) & (places.count - 1) }
    places[place] = Int32(truncatingIfNeeded: index)
  }

  /// FNV-1a.
  private static func fingerprint(_ name: ByteString) -> UInt64 {
    var word: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in name.bytes { word = (word ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return word ^ word >> 32
  }
}

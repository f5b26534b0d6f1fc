import Basics
import Configuration

/// The values of one section, every option of its kind expanded, read and defaulted.
package final class SectionValues {
  package let kind: SectionKind
  package let options: [Option]
  /// As `options`.
  package internal(set) var values: [Value] = []
  /// Of all that is neither set nor has a default.
  let unset = Value()

  @inline(never)
  package init(_ kind: SectionKind) {
    self.kind = kind
    options = kind.allOptions
    for _ in options { values.append(unset) }
  }

  /// nil: this kind of section has no such option.
  @inline(never)
  package func index(_ name: Literal) -> Int? {
    for index in options.indices where options[index].name.hasSameText(as: name) { return index }
    return nil
  }

  @inline(never)
  private func value(_ name: Literal) -> Value? {
    guard let index = index(name) else { return nil }
    return values[index]
  }

  /// The value, where it was set; nil: it was not.
  @inline(never)
  package func setting(_ name: Literal) -> Value? {
    guard let value = value(name), value.entry != nil else { return nil }
    return value
  }

  /// Where it was set; nil: it was not.
  @inline(never)
  package func place(_ name: Literal) -> Place? { value(name)?.entry?.place }

  @inline(never)
  package func number(_ name: Literal) -> Int64? { value(name)?.number }

  /// The number, or 0; never beyond the limits of 32 bits.
  @inline(never)
  package func int32(_ name: Literal) -> Int32 { Int32(clamping: number(name) ?? 0) }

  /// The raw value of one of a few words; nil: unset.
  @inline(never)
  package func word(_ name: Literal) -> UInt8? { number(name).map { UInt8(clamping: $0) } }

  /// A mode; nil: unset.
  @inline(never)
  package func mode(_ name: Literal) -> UInt32? { number(name).map { UInt32(clamping: $0) } }

  @inline(never)
  package func flag(_ name: Literal) -> Bool { number(name) == 1 }

  package func duration(_ name: Literal) -> Nanoseconds { Nanoseconds(number(name) ?? 0) }

  @inline(never)
  package func text(_ name: Literal) -> ByteString? { value(name)?.text }
}

/// A value that several programs share and that nobody changes. Two of them are equal when their
/// values are, so that the `==` of whatever holds one can be the compiler's.
final class Shared<Value: Equatable & Sendable>: Equatable, Sendable {
  let value: Value

  init(_ value: Value) { self.value = value }

  static func == (left: Shared, right: Shared) -> Bool {
    left === right || left.value == right.value
  }
}

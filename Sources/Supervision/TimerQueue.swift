import Basics
import Configuration

/// One deadline for each of a fixed number of timers, the earliest at hand: a binary heap that
/// knows where each timer stands in it. Of equal deadlines the one that was set first is the first.
///
/// Setting, clearing and taking the earliest cost O(log n). Memory is fixed when it is made: a
/// timer that is set again moves, it leaves nothing behind.
public struct TimerQueue: Sendable {
  /// Timers in heap order.
  private var heap: [Int32] = []
  /// Where timer i stands in `heap`, or -1.
  private var position: [Int32]
  private var deadline: [Time]
  /// The how manieth setting each was; wraps around.
  private var turn: [UInt32]
  private var turns: UInt32 = 0

  /// - Parameter count: timers 0 ..< count.
  public init(count: Int) {
    heap.reserveCapacity(count)
    position = Array(repeating: -1, count: count)
    deadline = Array(repeating: .distantFuture, count: count)
    turn = Array(repeating: 0, count: count)
  }

  /// The earliest deadline, if any timer is set.
  public var earliest: Time? { heap.isEmpty ? nil : deadline[Int(heap[0])] }

  public func isSet(_ timer: Int) -> Bool { position[timer] >= 0 }

  /// nil: the timer is not set.
  public func deadline(of timer: Int) -> Time? { isSet(timer) ? deadline[timer] : nil }

  public mutating func set(_ timer: Int, to time: Time) {
    deadline[timer] = time
    turn[timer] = turns
    turns &+= 1
    if position[timer] < 0 {
      position[timer] = Int32(heap.count)
      heap.append(Int32(timer))
    }
    restoreOrder(around: Int(position[timer]))
  }

  public mutating func clear(_ timer: Int) {
    let hole = Int(position[timer])
    guard hole >= 0 else { return }
    position[timer] = -1
    let last = heap.removeLast()
    guard hole < heap.count else { return }
    place(last, at: hole)
    restoreOrder(around: hole)
  }

  /// Takes out the earliest timer whose deadline is not after `now`.
  public mutating func takeDue(at now: Time) -> Int? {
    guard let first = heap.first, deadline[Int(first)] <= now else { return nil }
    clear(Int(first))
    return Int(first)
  }

  private mutating func place(_ timer: Int32, at index: Int) {
    heap[index] = timer
    position[Int(timer)] = Int32(index)
  }

  private func precedes(_ left: Int, _ right: Int) -> Bool {
    let (left, right) = (Int(heap[left]), Int(heap[right]))
    if deadline[left] != deadline[right] { return deadline[left] < deadline[right] }
    return Int32(bitPattern: turn[left] &- turn[right]) < 0
  }

  private mutating func swap(_ left: Int, _ right: Int) {
    let timer = heap[left]
    place(heap[right], at: left)
    place(timer, at: right)
  }

  private mutating func restoreOrder(around index: Int) {
    var index = index
    while index > 0, precedes(index, (index - 1) / 2) {
      swap(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
    while true {
      let left = 2 * index + 1
      var least = index
      if left < heap.count, precedes(left, least) { least = left }
      if left + 1 < heap.count, precedes(left + 1, least) { least = left + 1 }
      guard least != index else { return }
      swap(index, least)
      index = least
    }
  }
}

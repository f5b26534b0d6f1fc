import Configuration
import Testing

@testable import Basics
@testable import Supervision

/// The heap against an array that is searched from end to end.
@Suite struct TimerQueueTests {
  @Test(arguments: [1, 2, 3, 7, 40], [UInt64(1), 2, 3])
  func itIsAnArrayOfDeadlinesOnlyFaster(count: Int, seed: UInt64) {
    var random = SplitMix64(state: seed)
    var queue = TimerQueue(count: count)
    var deadlines = [Time?](repeating: nil, count: count)
    for _ in 0..<2_000 {
      let timer = random.below(count)
      // Few values, so that equal deadlines are frequent.
      let time = Time(nanoseconds: Int64(random.below(12)))
      switch random.below(5) {
      case 0, 1:
        queue.set(timer, to: time)
        deadlines[timer] = time
      case 2:
        queue.clear(timer)
        deadlines[timer] = nil
      default:
        let taken = queue.takeDue(at: time)
        let earliest = deadlines.compactMap { $0 }.min()
        if let taken {
          #expect(deadlines[taken] == earliest)
          #expect(deadlines[taken] ?? .distantFuture <= time)
          deadlines[taken] = nil
        } else {
          #expect(earliest ?? .distantFuture > time)
        }
      }
      #expect(queue.earliest == deadlines.compactMap { $0 }.min())
      #expect(queue.isSet(timer) == (deadlines[timer] != nil))
    }
    for timer in 0..<count { #expect(queue.isSet(timer) == (deadlines[timer] != nil)) }
  }

  @Test func ofEqualDeadlinesTheFirstThatWasSetIsTheFirst() {
    var queue = TimerQueue(count: 9)
    let order = [3, 8, 0, 1, 7, 2, 6, 4, 5]
    for timer in order { queue.set(timer, to: Time(nanoseconds: 7)) }
    // Once more: it is the last one then.
    queue.set(8, to: Time(nanoseconds: 7))
    var taken: [Int] = []
    while let timer = queue.takeDue(at: Time(nanoseconds: 7)) { taken.append(timer) }
    #expect(taken == [3, 0, 1, 7, 2, 6, 4, 5, 8])
  }

  @Test func settingATimerAgainMovesItAndLeavesNothingBehind() {
    var queue = TimerQueue(count: 2)
    for time in 0..<1_000 { queue.set(time % 2, to: Time(nanoseconds: Int64(1_000 - time))) }
    #expect(queue.takeDue(at: .distantFuture) == 1)
    #expect(queue.takeDue(at: .distantFuture) == 0)
    #expect(queue.takeDue(at: .distantFuture) == nil)
    #expect(queue.earliest == nil)
  }
}

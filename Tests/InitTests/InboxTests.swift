import Testing

@testable import Basics
@testable import Init
@testable import Supervision

/// What the core hears, and in which order.
@Suite struct InboxTests {
  private func order(_ fill: (inout Inbox) -> Void) -> [String] {
    var inbox = Inbox()
    fill(&inbox)
    var texts: [String] = []
    while let (event, time) = inbox.next() { texts.append("\(event) at \(time.nanoseconds)") }
    return texts
  }

  @Test func eventsKeepTheirOrderAndTheirTimes() {
    let texts = order { inbox in
      inbox.append(.killRefused(7), at: Time(nanoseconds: 1))
      inbox.append(.tick, at: Time(nanoseconds: 2))
    }
    #expect(texts == ["killRefused(7) at 1", "tick at 2"])
  }

  /// The core waits for an answer before it hears of anything else.
  @Test func answersComeFirst() {
    let texts = order { inbox in
      inbox.append(.killRefused(7), at: Time(nanoseconds: 1))
      inbox.append(answer: .treeLeft(3), at: Time(nanoseconds: 2))
      inbox.append(answer: .treeGone(4), at: Time(nanoseconds: 3))
    }
    #expect(texts == ["treeLeft(3) at 2", "treeGone(4) at 3", "killRefused(7) at 1"])
  }
}

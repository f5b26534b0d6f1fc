import Basics
import Supervision

/// The events that the core has not been told yet.
///
/// While the actions of one event are carried out, more may happen: a fork succeeds or fails, a signal is
/// refused, a daemon is found gone. None of it reaches the core in the middle of an action list, which was
/// made for a state that is to be whole first. The answers that the core waits for (`Action.spawn`,
/// `Action.checkTree`) come before everything else; the rest keeps its order.
struct Inbox {
  private struct Letter {
    let event: Event
    let time: Time
  }
  private var answers: [Letter] = []
  private var others: [Letter] = []
  /// The actions of an event are being carried out.
  var isServed = false

  mutating func append(_ event: Event, at time: Time) {
    others.append(Letter(event: event, time: time))
  }

  mutating func append(answer event: Event, at time: Time) {
    answers.append(Letter(event: event, time: time))
  }

  /// The next event and its time; nil: there is none.
  mutating func next() -> (event: Event, time: Time)? {
    guard !answers.isEmpty || !others.isEmpty else { return nil }
    let letter = answers.isEmpty ? others.removeFirst() : answers.removeFirst()
    return (letter.event, letter.time)
  }
}

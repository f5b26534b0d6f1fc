// The arrows between the states, as Supervisor has them. One is added: what is told to stop while
// it is BACKOFF has no process to wait for, and is STOPPED at once. And what has a schedule is
// STOPPED between its runs.

/// One way from a state to another.
public struct StateArrow: Sendable {
  public let from: StateName
  public let to: StateName
  /// What takes a program along it.
  public let cause: StaticString

  /// Every arrow there is, ordered by where it leads from.
  public static let all: [StateArrow] = [
    .init(
      from: .stopped, to: .starting, cause: "at the start of swinit; by its schedule; by a person"),
    .init(from: .stopped, to: .fatal, cause: "with something that it depends on"),
    .init(from: .starting, to: .running, cause: "up for startsecs, or ready as ready= says"),
    .init(from: .starting, to: .backoff, cause: "ended sooner, not ready in time, or not executed"),
    .init(from: .starting, to: .stopping, cause: "told to stop"),
    .init(from: .running, to: .stopping, cause: "told to stop"),
    .init(from: .running, to: .exited, cause: "ended by itself"),
    .init(from: .starting, to: .exited, cause: "a oneshot that ended as expected"),
    .init(from: .backoff, to: .starting, cause: "after 1, 2, 3 ... s"),
    .init(from: .backoff, to: .fatal, cause: "at once, when startretries are used up"),
    .init(from: .backoff, to: .stopped, cause: "told to stop; at once, when it has a schedule"),
    .init(from: .stopping, to: .stopped, cause: "ended; SIGKILL after stopwaitsecs"),
    .init(from: .exited, to: .starting, cause: "as autorestart and exitcodes say; by a person"),
    .init(from: .exited, to: .stopped, cause: "at once, when it has a schedule"),
    .init(from: .fatal, to: .starting, cause: "only by a person"),
  ]

  /// The same as a picture, in plain characters.
  /// The two rare ones are left out.
  public static let picture: StaticString = """
          startretries used up                     stop
    FATAL <-------------------- BACKOFF -------------------------+
    (200)                       (30)                             |
      |           1, 2, 3 ... s  |  ^                            |
      |                          |  | ended too soon             |
      |  start                   v  |               start        v
      +----------------------> STARTING <-------------------- STOPPED
                               (10)                           (0)
                                ^ | |                            ^
           +--------------------+ | +---------------+            |
           | restart, start       |            stop |            | ended
           |                      | up startsecs    v            |
           |        ended         v       stop      |            |
         EXITED <------------- RUNNING -------------+------> STOPPING
         (100)                 (20)                          (40)
    """
}

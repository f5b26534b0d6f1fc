import Basics
import Configuration

/// What the programs need of `[swinit]` and `[supervisord]`.
package struct GlobalValues {
  package var essential = Essential.fatal
  package var essentialSetting: Value?
  package var stopsignal: Signal?
  package var stopSequence: [UInt64] = []
  package var stopsignalSetting: Value?
  package var logFormat = LogFormat.direct
  package var logFormatSetting: Value?
  /// All of them, where somebody observes the reading.
  package var values: SectionValues?
  /// There is a `[supervisord]`: as in Supervisor, nothing that ends ends the container.
  package var runsUnchanged = false
}

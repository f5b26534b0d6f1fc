import Basics
import Configuration

extension Reader {
  /// Once all files are in `sections`.
  package func run() {
    defaults = sections.section("DEFAULT")
    readGlobals()
    checkDefaults()
    for section in sections.sections { checkName(section) }
    readPrograms()
    observer?.allWasRead(by: self)
    remarkServers()
  }
}

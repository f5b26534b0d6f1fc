import Basics
import Configuration

extension WordList {
  package static let autorestart = WordList("false | unexpected | true")
  package static let essential = WordList("none | fatal | exit")
  package static let exitOnSignal = WordList("0 | signal | failure")
  package static let userPolicy = WordList("run | require")
  package static let loglevel = WordList("critical | error | warn | info | debug | trace | blather")
  package static let logFormat = WordList("direct | raw | prefix | timestamp | json")
  /// The events of Supervisor 4.3 and their parents, in lower case.
  package static let events = WordList(
    """
    event | process_state | process_state_starting | process_state_backoff \
    | process_state_running | process_state_stopping | process_state_stopped \
    | process_state_exited | process_state_fatal | process_state_unknown \
    | process_state_starting_or_running | process_log | process_log_stdout | process_log_stderr \
    | process_communication | process_communication_stdout | process_communication_stderr \
    | remote_communication | supervisor_state_change | supervisor_state_change_running \
    | supervisor_state_change_stopping | tick | tick_5 | tick_60 | tick_3600 | process_group \
    | process_group_added | process_group_removed
    """)
  package static let shells = WordList("sh | bash | dash | ash | zsh")
  package static let loops = WordList("while | until | for")
  /// Conditions of a loop that are always true.
  package static let endless = WordList("true | : | [ true ] | [ 1 ] | [[ true ]] | [ : ] | ((1))")
  /// They run something, stay, and do not always pass signals on.
  package static let wrappers = WordList(
    "npm | npx | yarn | pnpm | sudo | apachectl | apache2ctl | mysqld_safe | mariadbd-safe")
  /// No and yes by turns; the first two are the ones that are written.
  package static let flag = WordList("false | true | no | yes | off | on | f | t | n | y | 0 | 1")
}

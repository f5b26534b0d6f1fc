// The option table as text: for `swinit help` and for the reference in the README.

import Basics
import Configuration
import Reading

/// Every option of every section, with type, default and meaning: for a terminal, or as Markdown
/// tables.
public func optionReference(markdown: Bool) -> [UInt8] {
  var text = ByteString()
  for kind in SectionKind.allCases {
    if !text.isEmpty { text.append(byte: 0x0A) }
    if markdown {
      text.append(literal: "### `")
      text.append(literal: kind.title)
      text.append(literal: "`\n\n")
      text.append(optionTable(of: kind))
    } else {
      text.append(literal: kind.title)
      text.append(byte: 0x0A)
      for option in kind.options { text.append(option: option) }
    }
  }
  return text.bytes
}

/// The options of one kind of section as a Markdown table. A listener and an fcgi-program show only
/// what they have beside the options of a program.
public func optionTable(of kind: SectionKind) -> ByteString {
  var text = ByteString()
  text.append(literal: "| option | type | default | meaning |\n| --- | --- | --- | --- |\n")
  for option in kind.options {
    text.append(literal: "| `")
    text.append(option.name)
    text.append(literal: "` | ")
    text.append(option.kind.name)
    text.append(literal: " | ")
    if !option.defaultText.isEmpty {
      text.append(literal: "`")
      text.append(option.defaultText)
      text.append(literal: "`")
    }
    text.append(literal: " | ")
    text.append(option.help)
    text.append(literal: option.effect.note)
    text.append(literal: " |\n")
  }
  return text
}

/// What `help NAME` says, NAME in any case: the option of that name in each section that has one;
/// nil when none has.
public func optionHelp(_ name: ByteString) -> [UInt8]? {
  let key = name.trimmed.lowercased
  var text = ByteString()
  for kind in SectionKind.allCases {
    for option in kind.options where key == option.name {
      text.append(literal: kind.title)
      text.append(byte: 0x0A)
      text.append(option: option)
    }
  }
  return text.isEmpty ? nil : text.bytes
}

/// The option whose name is most like `name`; nil when none is near.
public func nearestOption(_ name: ByteString) -> ByteString? {
  var all: [Option] = []
  for kind in SectionKind.allCases {
    for option in kind.options { all.append(option) }
  }
  return nearest(name.trimmed, in: all).name
}

extension OptionEffect {
  /// Behind the help.
  fileprivate var note: Literal {
    switch self {
    case .full: ""
    case .none: " Accepted without effect."
    case .missing: " Checked; not in this version."
    }
  }
}

extension ByteString {
  fileprivate static let reference = 78

  /// Name, type and default on a line, the help below it.
  @inline(never)
  fileprivate mutating func append(option: Option) {
    append(literal: "  ")
    append(option.name)
    append(literal: " = ")
    append(option.kind.name)
    if !option.defaultText.isEmpty {
      append(literal: "  (default ")
      append(option.defaultText)
      append(literal: ")")
    }
    var column = Self.reference
    var help = ByteString(option.help)
    help.append(literal: option.effect.note)
    for word in help.wordsBetweenBlanks {
      if column + 1 + word.count > Self.reference {
        append(literal: "\n     ")
        column = 5
      }
      append(byte: 0x20)
      append(word)
      column += 1 + word.count
    }
    append(byte: 0x0A)
  }
}
